// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.record.MessageIds;
import io.metaq.record.RecordFlags;
import io.metaq.record.RecordLayout;
import io.metaq.server.log.InvariantViolation;
import io.metaq.server.log.LogOfflineException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jctools.queues.MpscArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log writer: takes everything that waits as one group, writes each log once, forces once, settles.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>every offered append is settled exactly once, in the order of offering within a log;
 *   <li>nobody is told before the watermark that covers the append has moved;
 *   <li>a log whose force failed is never written or forced again.
 * </ul>
 *
 * <p>Threads: {@link #offer} and {@link #execute} are for any thread and never block; all else is one thread,
 * {@code metaq-log-writer}. While it forces, the next group collects: the batch adapts to the disk with no timer.
 */
public final class GroupCommit {
    private static final Logger LOG = LoggerFactory.getLogger(GroupCommit.class);

    private static final int MAX_GROUP_APPENDS = 8192;
    private static final long MAX_GROUP_BYTES = 8L << 20;
    /** Above so many bytes a log on average, writing everything twice costs more than forcing each file. */
    private static final int JOURNAL_BYTES_PER_LOG = 64 * 1024;

    private static final int SPINS_BEFORE_PARKING = 200;
    private static final int MAX_QUEUED_TASKS = 4096;

    private final MpscArrayQueue<Append> mailbox;
    // Apart from the appends, so that a flood of them cannot keep checkpoints and deletions out.
    private final MpscArrayQueue<Runnable> tasks = new MpscArrayQueue<>(MAX_QUEUED_TASKS);
    private final long maxQueuedBytes;
    private final AtomicLong queuedBytes = new AtomicLong();
    private final MessageIdSource ids;
    private final CommitJournal journal;
    private final Consumer<CommitJournal.Retiring> onJournalFull;
    private final DiskSpace space;
    private final InstantSource clock;
    private final GroupCommitMetrics metrics;
    private final Thread thread;
    private volatile boolean parked;
    private volatile boolean closing;
    private volatile boolean accepting = true;
    private volatile boolean stopped;

    private final Map<LogHandle, LogGroup> group = new LinkedHashMap<>();
    private final List<LogGroup> spareGroups = new ArrayList<>();
    private ByteBuffer staging = ByteBuffer.allocateDirect(1 << 20);

    /** The part of a group that goes to one log. */
    private static final class LogGroup {
        private final List<Settlement> settlements = new ArrayList<>();
        private long start;
        private int newRecords;
        private boolean sync;
        private AppendFailure failure;

        void clear() {
            settlements.clear();
            start = 0;
            newRecords = 0;
            failure = null;
        }
    }

    /** One append and what it will be told. */
    private static final class Settlement {
        private final Append append;
        private long firstId;
        private long firstOffset;
        private long nextOffset;
        private AppendFailure failure;
        // Stays true when a listener throws an Error, which ends the writer: nobody is told twice even then.
        private boolean settled;

        Settlement(Append append) {
            this.append = append;
        }
    }

    GroupCommit(
            int maxQueuedAppends,
            long maxQueuedBytes,
            MessageIdSource ids,
            CommitJournal journal,
            Consumer<CommitJournal.Retiring> onJournalFull,
            DiskSpace space,
            InstantSource clock,
            GroupCommitMetrics metrics) {
        this.mailbox = new MpscArrayQueue<>(maxQueuedAppends);
        this.maxQueuedBytes = maxQueuedBytes;
        this.ids = ids;
        this.journal = journal;
        this.onJournalFull = onJournalFull;
        this.space = space;
        this.clock = clock;
        this.metrics = metrics;
        this.thread = new Thread(this::run, "metaq-log-writer");
        metrics.gauge(
                "metaq_commit_queue_depth", "Appends that wait for the log writer.", mailbox, MpscArrayQueue::size);
        metrics.gauge("metaq_commit_queue_bytes", "Bytes that wait for the log writer.", queuedBytes, AtomicLong::get);
    }

    void start() {
        thread.start();
    }

    /**
     * Queues an append; any thread, never blocks. False when the queue is full, by count or bytes, or closed: then nothing
     * was taken and the caller still owns the buffer.
     */
    public boolean offer(Append append) {
        int bytes = append.records().readableBytes();
        if (!accepting || queuedBytes.get() > maxQueuedBytes) {
            metrics.rejected();
            return false;
        }
        queuedBytes.addAndGet(bytes);
        if (!mailbox.offer(append)) {
            queuedBytes.addAndGet(-bytes);
            metrics.rejected();
            return false;
        }
        wake();
        failQueueIfStopped();
        return true;
    }

    /**
     * Runs a task on the writer thread, between two groups, ahead of appends that wait. Throws when the writer has stopped or
     * too many tasks wait.
     */
    public void execute(Runnable task) {
        if (closing || !tasks.offer(task)) {
            throw new IllegalStateException("the log writer is stopped or its queue is full");
        }
        wake();
        failQueueIfStopped();
    }

    public int queueDepth() {
        return mailbox.size();
    }

    /** Bytes of records that came in since the start. Any thread. */
    long appendedBytes() {
        return metrics.appendedBytes();
    }

    public long forces() {
        return metrics.forces();
    }

    public long forcedRecords() {
        return metrics.forcedRecords();
    }

    private void wake() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        try {
            while (!closing || hasWork()) {
                if (runOnce() == 0 && !closing) {
                    awaitWork();
                }
            }
        } catch (RuntimeException | Error bug) {
            accepting = false;
            LOG.error("The log writer died of a bug; nothing more will be written until the broker restarts", bug);
            failGroup("The log writer has stopped: " + bug);
        }
        accepting = false;
        stopped = true;
        failQueueIfStopped();
    }

    private void awaitWork() {
        for (int i = 0; i < SPINS_BEFORE_PARKING; i++) {
            if (hasWork()) {
                return;
            }
            Thread.onSpinWait();
        }
        parked = true;
        while (!hasWork() && !closing) {
            LockSupport.park(this);
        }
        parked = false;
    }

    private boolean hasWork() {
        return !mailbox.isEmpty() || !tasks.isEmpty();
    }

    /** One turn: everything that waits now becomes one group with one force. Returns how many items were taken. */
    private int runOnce() {
        int taken = 0;
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
            taken++;
        }
        long bytes = 0;
        int appends = 0;
        while (appends < MAX_GROUP_APPENDS && bytes < MAX_GROUP_BYTES) {
            Append next = mailbox.poll();
            if (next == null) {
                break;
            }
            appends++;
            bytes += next.records().readableBytes();
            groupFor(next.log()).settlements.add(new Settlement(next));
        }
        commitGroup(bytes);
        return taken + appends;
    }

    private LogGroup groupFor(LogHandle log) {
        LogGroup existing = group.get(log);
        if (existing != null) {
            return existing;
        }
        LogGroup fresh = spareGroups.isEmpty() ? new LogGroup() : spareGroups.remove(spareGroups.size() - 1);
        fresh.sync = log.flushPolicy().isSync();
        group.put(log, fresh);
        return fresh;
    }

    private void commitGroup(long groupBytes) {
        if (group.isEmpty()) {
            return;
        }
        boolean journaled = isWorthJournaling(groupBytes);
        if (journaled) {
            journal.begin();
        }
        long nowMs = clock.millis();
        group.forEach((log, part) -> write(log, part, journaled, nowMs));
        group.forEach((log, part) -> settleIf(!part.sync, log, part));
        force(journaled);
        group.forEach((log, part) -> settleIf(part.sync, log, part));
        queuedBytes.addAndGet(-groupBytes);
        group.forEach((log, part) -> {
            part.clear();
            if (spareGroups.size() < MAX_GROUP_APPENDS) {
                spareGroups.add(part);
            }
        });
        group.clear();
    }

    /**
     * Several small sync appends to different logs share the journal's one force; a single log, or few large ones, are
     * forced by themselves.
     */
    private boolean isWorthJournaling(long groupBytes) {
        int syncLogs = 0;
        for (LogGroup part : group.values()) {
            if (part.sync) {
                syncLogs++;
            }
        }
        return syncLogs > 1
                && groupBytes / syncLogs < JOURNAL_BYTES_PER_LOG
                && journal.hasRoomFor(groupBytes + syncLogs * 256L);
    }

    /** Writes one log's part of the group with one write. */
    private void write(LogHandle log, LogGroup part, boolean journaled, long nowMs) {
        part.failure = refusal(log);
        if (part.failure != null) {
            return;
        }
        part.start = log.log().watermarks().end();
        boolean mayJournal = journaled && part.sync && log.log().watermarks().flushed() == part.start;
        staging.clear();
        for (Settlement settlement : part.settlements) {
            stage(log, part, settlement, nowMs);
        }
        staging.flip();
        if (!staging.hasRemaining()) {
            return;
        }
        int length = staging.remaining();
        try {
            log.log().append(staging, nowMs);
            log.producers().confirm();
            log.noteAppended(part.newRecords, part.sync, System.nanoTime());
            metrics.appended(part.newRecords, length);
            if (mayJournal) {
                journal.add(log, part.start, staging.flip());
            }
        } catch (IOException e) {
            log.producers().rollback();
            part.failure = writeFailure(log, e);
        }
    }

    private AppendFailure refusal(LogHandle log) {
        if (log.state() != LogHandle.State.ONLINE) {
            return new AppendFailure(
                    AppendFailure.Reason.OFFLINE, "log " + log.log().name() + " is offline: " + log.stateReason());
        }
        return space.isFull() ? new AppendFailure(AppendFailure.Reason.DISK_FULL, space.refusal()) : null;
    }

    private AppendFailure writeFailure(LogHandle log, IOException e) {
        if (e instanceof LogOfflineException) {
            return offline(log, e);
        }
        if (DiskSpace.isNoRoom(e)) {
            space.writeFailed();
            return new AppendFailure(AppendFailure.Reason.DISK_FULL, space.refusal());
        }
        return offline(log, e);
    }

    private AppendFailure offline(LogHandle log, IOException e) {
        log.takeOffline(e.toString());
        LOG.error("Took log offline log={}", log.log().name(), e);
        return new AppendFailure(
                AppendFailure.Reason.OFFLINE, "log " + log.log().name() + " went offline: " + e.getMessage());
    }

    /** Copies an append behind what is staged, with ids stamped; or decides that it is not to be stored. */
    private void stage(LogHandle log, LogGroup part, Settlement settlement, long nowMs) {
        Append append = settlement.append;
        Append.ProducerSequence sequence = append.sequence();
        int skipThrough = -1;
        if (sequence != null) {
            switch (log.producers().judge(sequence)) {
                case NEW -> {}
                case DUPLICATE -> {
                    answerAgain(log, settlement);
                    return;
                }
                case PARTLY_STORED -> skipThrough = log.producers().lastSequence(sequence.producerId());
                case OUT_OF_SEQUENCE -> {
                    settlement.failure = outOfSequence(log, sequence);
                    return;
                }
            }
        }
        settlement.firstOffset = part.start + staging.position();
        int stagedAt = staging.position();
        copyRecords(append, skipThrough);
        if (sequence == null) {
            settlement.firstId = stamp(stagedAt);
        } else {
            settlement.firstId = MessageIds.idempotent(sequence.producerId(), sequence.first());
        }
        settlement.nextOffset = part.start + staging.position();
        part.newRecords += append.recordCount();
        if (sequence != null) {
            log.producers()
                    .stored(
                            sequence.producerId(),
                            new ProducerTable.Batch(
                                    sequence.first(),
                                    sequence.last(),
                                    skipThrough < 0 ? settlement.firstOffset : -1,
                                    settlement.nextOffset),
                            nowMs);
        }
        if (skipThrough >= 0) {
            settlement.firstOffset = -1;
        }
    }

    private void answerAgain(LogHandle log, Settlement settlement) {
        Append.ProducerSequence sequence = settlement.append.sequence();
        ProducerTable.Batch stored = log.producers().findBatch(sequence.producerId(), sequence.first());
        settlement.firstId = MessageIds.idempotent(sequence.producerId(), sequence.first());
        settlement.firstOffset = stored == null ? -1 : stored.firstOffset();
        settlement.nextOffset = stored == null ? -1 : stored.endOffset();
        metrics.duplicate();
    }

    private static AppendFailure outOfSequence(LogHandle log, Append.ProducerSequence sequence) {
        return new AppendFailure(
                AppendFailure.Reason.OUT_OF_SEQUENCE,
                "producer " + sequence.producerId() + " sent sequence " + sequence.first() + " behind "
                        + sequence.previous() + " to log " + log.log().name() + ", but the last one stored is "
                        + log.producers().lastSequence(sequence.producerId()));
    }

    /** Copies the records, leaving out those of an idempotent batch that a crash has let through already. */
    private void copyRecords(Append append, int skipThrough) {
        int from = append.records().readerIndex();
        int end = append.records().writerIndex();
        while (skipThrough >= 0 && from < end) {
            int sequence = MessageIds.sequence(append.records().getLong(from + RecordLayout.MESSAGE_ID_POSITION));
            if (sequence > skipThrough) {
                break;
            }
            from += RecordLayout.recordBytes(append.records().getInt(from));
        }
        int length = end - from;
        if (staging.remaining() < length) {
            ByteBuffer larger =
                    ByteBuffer.allocateDirect(Math.max(staging.capacity() * 2, staging.position() + length));
            staging = larger.put(staging.flip());
        }
        ByteBuffer target = staging.slice(staging.position(), length);
        append.records().getBytes(from, target);
        staging.position(staging.position() + length);
    }

    /** Gives every record from {@code at} on its id; a wrapper takes one for each message inside. Returns the first. */
    private long stamp(int at) {
        long first = 0;
        int end = staging.position();
        for (int position = at; position < end; ) {
            int payloadBytes = RecordLayout.payloadBytes(staging, position);
            if (payloadBytes < 0) {
                throw new InvariantViolation("a record with payload length " + payloadBytes + " reached the writer");
            }
            long id = ids.next();
            staging.putLong(position + RecordLayout.MESSAGE_ID_POSITION, id);
            first = first == 0 ? id : first;
            if (RecordFlags.isWrapper(RecordLayout.flag(staging, position))) {
                int inside = staging.getInt(position + RecordLayout.HEADER_BYTES);
                ids.skip(inside - 1);
            }
            position += RecordLayout.recordBytes(payloadBytes);
        }
        return first;
    }

    /** Forces what sync logs wait for: the journal once, and each file that is not in it. */
    private void force(boolean journaled) {
        long started = System.nanoTime();
        int forcedRecords = 0;
        int files = 0;
        if (journaled) {
            forceJournal();
        }
        for (Map.Entry<LogHandle, LogGroup> entry : group.entrySet()) {
            LogHandle log = entry.getKey();
            LogGroup part = entry.getValue();
            boolean waits = part.sync && part.failure == null;
            if (waits
                    && log.log().watermarks().flushed() < log.log().watermarks().end()) {
                try {
                    log.log().force();
                    log.filesForced(log.log().watermarks().end());
                    log.maybeWriteIndex();
                    forcedRecords += part.newRecords;
                    files++;
                } catch (IOException e) {
                    part.failure = offline(log, e);
                }
            }
        }
        if (files > 0) {
            metrics.forced(false, files, forcedRecords, System.nanoTime() - started);
        }
    }

    private void forceJournal() {
        Set<LogHandle> logs = journal.logsInBlock();
        if (logs.isEmpty()) {
            return;
        }
        long started = System.nanoTime();
        try {
            journal.commit();
        } catch (IOException e) {
            if (!journal.isBroken() && DiskSpace.isNoRoom(e)) {
                // Nothing was forced and nothing was damaged: the files themselves can still be forced.
                LOG.warn("No room for the commit journal, forcing files instead", e);
                return;
            }
            for (LogHandle log : logs) {
                group.get(log).failure = offline(log, e);
            }
            return;
        } finally {
            CommitJournal.Retiring full = journal.takeFull();
            if (full != null) {
                onJournalFull.accept(full);
            }
        }
        int records = 0;
        for (LogHandle log : logs) {
            log.log().advanceFlushed(log.log().watermarks().end());
            records += group.get(log).newRecords;
        }
        metrics.forced(true, 1, records, System.nanoTime() - started);
    }

    private void settleIf(boolean due, LogHandle log, LogGroup part) {
        if (!due || part.settlements.isEmpty()) {
            return;
        }
        Durability durability = part.sync ? Durability.FLUSHED : Durability.WRITTEN;
        for (Settlement settlement : part.settlements) {
            AppendFailure failure = part.failure != null ? part.failure : settlement.failure;
            settle(settlement, failure, durability);
        }
        part.settlements.clear();
        log.wakeWaiters();
    }

    private static void settle(Settlement settlement, AppendFailure failure, Durability durability) {
        if (settlement.settled) {
            return;
        }
        settlement.settled = true;
        Append append = settlement.append;
        append.records().release();
        try {
            if (failure == null) {
                append.listener()
                        .onAppended(settlement.firstId, settlement.firstOffset, settlement.nextOffset, durability);
            } else {
                append.listener().onFailed(failure);
            }
        } catch (RuntimeException e) {
            LOG.error("A listener of an append threw log={}", append.log().log().name(), e);
        }
    }

    private void failGroup(String message) {
        AppendFailure failure = new AppendFailure(AppendFailure.Reason.OFFLINE, message);
        group.values().forEach(part -> part.settlements.forEach(s -> settle(s, failure, Durability.WRITTEN)));
        group.clear();
    }

    /** Whoever queues after the writer has gone settles what it queued. */
    private void failQueueIfStopped() {
        if (stopped) {
            failQueue();
        }
    }

    private synchronized void failQueue() {
        AppendFailure failure =
                new AppendFailure(AppendFailure.Reason.BUSY, "the broker is closing; nothing was stored");
        for (Append next = mailbox.poll(); next != null; next = mailbox.poll()) {
            queuedBytes.addAndGet(-next.records().readableBytes());
            settle(new Settlement(next), failure, Durability.WRITTEN);
        }
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    /** Takes no more, settles what waits, stops the thread. Idempotent; waits for the writer. */
    void close() throws InterruptedException {
        accepting = false;
        closing = true;
        LockSupport.unpark(thread);
        thread.join();
    }
}
