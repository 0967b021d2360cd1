// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** The command line: one class a command, thin; the work is done elsewhere. Read {@code Metaq} first. */
package io.metaq.dist.cli;
