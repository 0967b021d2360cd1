// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.

/** What several packages of whole-system tests share. */
package io.metaq.dist.testkit;
