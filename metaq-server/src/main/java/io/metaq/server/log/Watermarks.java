// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

/**
 * How far one log has come: {@code end >= flushed}, and {@code replicated}. All are offsets, exclusive, and never move
 * back except in a truncation.
 *
 * <p>Threads: written by the log writer only (replicated: by whoever replicates), read by any.
 */
public final class Watermarks {
    private volatile long end;
    private volatile long flushed;
    private volatile long replicated;

    Watermarks(long end) {
        this.end = end;
        this.flushed = end;
        this.replicated = end;
    }

    public long end() {
        return end;
    }

    public long flushed() {
        return flushed;
    }

    public long replicated() {
        return replicated;
    }

    void advanceEnd(long offset) {
        requireForward("end", end, offset);
        end = offset;
    }

    void advanceFlushed(long offset) {
        requireForward("flushed", flushed, offset);
        if (offset > end) {
            throw new InvariantViolation("flushed " + offset + " would pass end " + end);
        }
        flushed = offset;
    }

    public void advanceReplicated(long offset) {
        requireForward("replicated", replicated, offset);
        replicated = offset;
    }

    void truncate(long offset) {
        replicated = Math.min(replicated, offset);
        flushed = Math.min(flushed, offset);
        end = offset;
    }

    private static void requireForward(String name, long from, long to) {
        if (to < from) {
            throw new InvariantViolation(name + " would move back from " + from + " to " + to);
        }
    }
}
