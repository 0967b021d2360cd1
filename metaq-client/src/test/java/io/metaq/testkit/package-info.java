// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** What tests of the wire and of records share: seeded cases and random bytes. Read {@code SeededCases} first. */
package io.metaq.testkit;
