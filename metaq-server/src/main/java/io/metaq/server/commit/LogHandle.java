// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.SegmentedLog;
import java.util.ArrayList;
import java.util.List;

/**
 * A log that is open for group commit: the log, its flush policy, its producers' sequences, its state.
 *
 * <p>Threads: the log writer owns what changes with appends; the public methods are for any thread.
 */
public final class LogHandle {
    public enum State {
        ONLINE,
        /** Refuses appends until the broker restarts and recovers it; reads go on up to the visible end. */
        OFFLINE,
        CLOSED
    }

    private static final class Waiter {
        private final long offset;
        private final Runnable wakeUp;

        Waiter(long offset, Runnable wakeUp) {
            this.offset = offset;
            this.wakeUp = wakeUp;
        }
    }

    private final SegmentedLog log;
    private final ProducerTable producers;
    private volatile FlushPolicy policy;
    private volatile State state = State.ONLINE;
    private volatile String stateReason = "";
    private volatile long appendedRecords;
    private volatile long filesForcedTo;
    private volatile long unforcedRecords;
    private volatile long unforcedSinceNanos;

    private final Object waitersLock = new Object();
    private final List<Waiter> waiters = new ArrayList<>();
    private volatile boolean anyWaiter;

    LogHandle(SegmentedLog log, FlushPolicy policy, ProducerTable producers) {
        this.log = log;
        this.policy = policy;
        this.producers = producers;
        this.filesForcedTo = log.watermarks().flushed();
    }

    public SegmentedLog log() {
        return log;
    }

    public State state() {
        return state;
    }

    /** Why it is not online; empty when it is. */
    public String stateReason() {
        return stateReason;
    }

    public FlushPolicy flushPolicy() {
        return policy;
    }

    /** Applies from the next group on. Any thread. */
    public void setFlushPolicy(FlushPolicy newPolicy) {
        policy = newPolicy;
    }

    /** Consumers may read up to here, exclusive: flushed for a sync log, end otherwise. */
    public long visibleEnd() {
        return policy.isSync() ? log.watermarks().flushed() : log.watermarks().end();
    }

    /** Records appended since this process opened the log. */
    public long appendedRecords() {
        return appendedRecords;
    }

    /**
     * Runs {@code wakeUp} once when the visible end has passed {@code offset}, on the writer thread, or at once on the
     * caller's when it has already. It must not block.
     *
     * @return takes the waiter away again; to be called when it is not needed any more, harmless otherwise
     */
    public Runnable onVisibleBeyond(long offset, Runnable wakeUp) {
        Waiter waiter = new Waiter(offset, wakeUp);
        synchronized (waitersLock) {
            waiters.add(waiter);
            anyWaiter = true;
        }
        if (visibleEnd() > offset && remove(waiter)) {
            wakeUp.run();
        }
        return () -> remove(waiter);
    }

    private boolean remove(Waiter waiter) {
        synchronized (waitersLock) {
            boolean removed = waiters.remove(waiter);
            anyWaiter = !waiters.isEmpty();
            return removed;
        }
    }

    /** (writer) The visible end may have moved. */
    void wakeWaiters() {
        if (!anyWaiter) {
            return;
        }
        long visible = visibleEnd();
        List<Waiter> due;
        synchronized (waitersLock) {
            due = waiters.stream().filter(w -> w.offset < visible).toList();
            waiters.removeAll(due);
            anyWaiter = !waiters.isEmpty();
        }
        due.forEach(w -> w.wakeUp.run());
    }

    /** (writer) */
    ProducerTable producers() {
        return producers;
    }

    /** (writer) */
    void noteAppended(int records, boolean forced, long nowNanos) {
        appendedRecords += records;
        if (!forced) {
            if (unforcedRecords == 0) {
                unforcedSinceNanos = nowNanos;
            }
            unforcedRecords += records;
        }
    }

    /** Below this offset everything is in forced files, not only in the journal. */
    long filesForcedTo() {
        return filesForcedTo;
    }

    void filesForced(long offset) {
        filesForcedTo = Math.max(filesForcedTo, offset);
        unforcedRecords = 0;
    }

    /** Is a lazy force due by the log's own policy? */
    boolean isForceDue(long nowNanos) {
        FlushPolicy current = policy;
        return !current.isSync()
                && unforcedRecords > 0
                && (unforcedRecords >= current.unflushedRecords()
                        || nowNanos - unforcedSinceNanos
                                >= current.unflushedFor().toNanos());
    }

    /** Takes no more appends until it is recovered; the first reason stays. */
    void takeOffline(String reason) {
        if (state == State.ONLINE) {
            stateReason = reason;
            state = State.OFFLINE;
        }
    }

    void markClosed() {
        stateReason = "closed";
        state = State.CLOSED;
    }
}
