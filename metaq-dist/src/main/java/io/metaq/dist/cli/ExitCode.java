// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

/** What the process ends with; the same for every command. */
final class ExitCode {
    static final int OK = 0;
    /** What was asked for was not so: messages lost, damage found, nothing there. */
    static final int FAILED = 1;
    /** The command line or a configuration is wrong. */
    static final int USAGE = 2;
    /** The broker cannot be reached, or refuses. */
    static final int BROKER = 3;
    /** Whoever read standard output went away before the end; what a shell tells of a command that SIGPIPE ended. */
    static final int READER_GONE = 141;

    private ExitCode() {}
}
