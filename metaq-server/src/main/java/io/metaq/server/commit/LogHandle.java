// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.SegmentedLog;

/**
 * A log that is open for group commit: the log, its flush policy, its producers' sequences, its state. CONTRACT
 * SKELETON, being built.
 */
public final class LogHandle {
    public enum State {
        ONLINE,
        /** Refuses appends until there is room again. */
        DISK_FULL,
        /** Refuses appends until the broker restarts and recovers it; reads go on up to the visible end. */
        OFFLINE,
        CLOSED
    }

    public SegmentedLog log() {
        throw new UnsupportedOperationException();
    }

    public State state() {
        throw new UnsupportedOperationException();
    }

    /** Consumers may read up to here: flushed for a sync log, end otherwise; replicated when replication is required. */
    public long visibleEnd() {
        throw new UnsupportedOperationException();
    }

    /** Runs once, on the writer thread, when the visible end has passed {@code offset}; at once if it has. Any thread. */
    public void onVisibleBeyond(long offset, Runnable wakeUp) {
        throw new UnsupportedOperationException();
    }

    /** Applies from the next group on. Any thread. */
    public void setFlushPolicy(FlushPolicy policy) {
        throw new UnsupportedOperationException();
    }

    /** Records appended since this process opened the log, and bytes, for {@code stats}. */
    public long appendedRecords() {
        throw new UnsupportedOperationException();
    }
}
