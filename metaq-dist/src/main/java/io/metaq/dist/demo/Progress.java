// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.demo;

import java.io.PrintStream;

/**
 * Says how far something is: on a terminal in one line that is written over, elsewhere, where each word stays, in a line
 * for every quarter. Not thread-safe.
 */
final class Progress {
    private static final int STEPS = 4;

    private final PrintStream out;
    private final boolean terminal;
    private final int total;
    private final String what;
    private int stepsTold;
    private boolean lineIsOpen;

    /** @param what follows the numbers: {@code 10 of 40 acknowledged} */
    Progress(PrintStream out, boolean terminal, int total, String what) {
        this.out = out;
        this.terminal = terminal;
        this.total = total;
        this.what = what;
    }

    void show(int done) {
        if (terminal) {
            out.print("\r" + text(done));
            out.flush();
            lineIsOpen = true;
            return;
        }
        int steps = (int) ((long) done * STEPS / total);
        if (steps > stepsTold) {
            stepsTold = steps;
            out.println(text(done));
        }
    }

    /** What is printed next begins a line of its own. */
    void pause() {
        if (lineIsOpen) {
            out.println();
            lineIsOpen = false;
        }
    }

    private String text(int done) {
        return String.format("  %,9d of %,d %s", done, total, what);
    }
}
