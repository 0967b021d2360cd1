// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Real in-memory and faulty versions of the broker's own seams, for tests here and in the modules above. */
package io.metaq.server.testkit;
