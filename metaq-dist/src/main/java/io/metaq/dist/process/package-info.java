// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** A broker as a process of its own, for the demonstration, for measuring, and for tests. */
package io.metaq.dist.process;
