// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.SegmentedLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log that is open for group commit: the log, its flush policy, its producers' sequences, its state.
 *
 * <p>Threads: the log writer owns what changes with appends; the public methods are for any thread.
 */
public final class LogHandle {
    private static final Logger LOG = LoggerFactory.getLogger(LogHandle.class);

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
    private final byte[] journalKey;
    private final ProducerTable producers;
    private volatile FlushPolicy policy;
    private volatile boolean replicationRequired;
    private volatile State state = State.ONLINE;
    private volatile String stateReason = "";
    private volatile long appendedRecords;
    private volatile long filesForcedTo;
    private volatile long unforcedRecords;
    private volatile long unforcedSinceNanos;

    private final Object waitersLock = new Object();
    private final List<Waiter> waiters = new ArrayList<>();
    private volatile boolean anyWaiter;

    /** @param key the log's name in files of the store */
    LogHandle(SegmentedLog log, String key, FlushPolicy policy, ProducerTable producers) {
        this.log = log;
        this.journalKey = key.getBytes(StandardCharsets.UTF_8);
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

    /**
     * Consumers may read up to here, exclusive: flushed for a sync log, end otherwise; and never beyond what is replicated
     * where that is required.
     */
    public long visibleEnd() {
        long stored =
                policy.isSync() ? log.watermarks().flushed() : log.watermarks().end();
        return replicationRequired ? Math.min(stored, log.watermarks().replicated()) : stored;
    }

    /** From now on, consumers see only what is replicated. Any thread; before the first append, or visibility moves back. */
    public void requireReplication(boolean required) {
        replicationRequired = required;
        wakeWaiters();
    }

    /** Copies exist up to this offset. One thread at a time, the log's replicator; runs the wake-ups that are due. */
    public void advanceReplicated(long offset) {
        log.watermarks().advanceReplicated(offset);
        wakeWaiters();
    }

    /** Records appended since this process opened the log. */
    public long appendedRecords() {
        return appendedRecords;
    }

    /**
     * Runs {@code wakeUp} once when the visible end has passed {@code offset}, on the thread that moved it (the writer, or
     * the replicator), or at once on the caller's when it has already. It must not block.
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

    /** The visible end may have moved. */
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
        due.forEach(this::wake);
    }

    private void wake(Waiter waiter) {
        try {
            waiter.wakeUp.run();
        } catch (RuntimeException e) {
            LOG.error("A wake-up threw log={}", log.name(), e);
        }
    }

    /** (writer) Owned by this handle; not to be changed. */
    byte[] journalKey() {
        return journalKey;
    }

    /** (writer) A failure is no harm: the entries wait, and recovery can make them again. */
    void maybeWriteIndex() {
        try {
            log.writeIndex(filesForcedTo);
        } catch (IOException e) {
            LOG.warn("Index entries wait for the next chance log={}", log.name(), e);
        }
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

    /** (writer) What came in while the force ran is still due. */
    void filesForced(long offset) {
        filesForcedTo = Math.max(filesForcedTo, offset);
        if (filesForcedTo < log.watermarks().end()) {
            unforcedRecords = Math.min(unforcedRecords, 1);
            unforcedSinceNanos = System.nanoTime();
        } else {
            unforcedRecords = 0;
        }
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
