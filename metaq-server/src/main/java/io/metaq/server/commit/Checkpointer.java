// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forces lazily what the writer need not wait for, and writes down how far it has come: asynchronous logs by their policy,
 * logs of a full journal file, recovery points, producer snapshots; also looks after disk space.
 *
 * <p>Order of a checkpoint: take the state on the writer thread, force the files, save the snapshot, save the recovery point.
 * So a snapshot never tells of records that a crash can lose, and a recovery point never passes its snapshot.
 *
 * <p>Threads: one of its own, {@code metaq-checkpointer}.
 */
final class Checkpointer {
    private static final Logger LOG = LoggerFactory.getLogger(Checkpointer.class);
    private static final long TICK_MS = 50;
    private static final long SPACE_PROBE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long WRITER_ANSWER_SECONDS = 60;

    private final LogStoreConfig config;
    private final Disk disk;
    private final InstantSource clock;
    private final DiskSpace space;
    private final Supplier<Collection<LogHandle>> logs;
    private final ScheduledExecutorService executor =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "metaq-checkpointer"));
    private final Queue<CommitJournal.Retiring> retiring = new ConcurrentLinkedQueue<>();
    private final Map<String, Long> points;
    private GroupCommit writer;
    private CommitJournal journal;
    private final MessageIdSource ids;
    // By the monotonic clock: a step of the wall clock must stop neither checkpoints nor probes.
    private long lastCheckpointNanos = System.nanoTime();
    private long bytesAtCheckpoint;
    private long lastProbeNanos = lastCheckpointNanos - SPACE_PROBE_NANOS;

    /** @param points of logs that may not be open yet, as the last run left them */
    Checkpointer(
            LogStoreConfig config,
            Map<String, Long> points,
            Supplier<Collection<LogHandle>> logs,
            MessageIdSource ids,
            DiskSpace space,
            Disk disk,
            InstantSource clock) {
        this.config = config;
        this.points = new TreeMap<>(points);
        this.logs = logs;
        this.ids = ids;
        this.space = space;
        this.disk = disk;
        this.clock = clock;
    }

    /**
     * Writes down where every log stands, so that a crash before the first checkpoint still knows where to scan from; then
     * starts the thread. Recovery has forced all that is there.
     */
    void start(GroupCommit logWriter, CommitJournal commitJournal) throws IOException {
        writer = logWriter;
        journal = commitJournal;
        for (Capture capture : capture(logs.get(), Long.MIN_VALUE)) {
            savePoint(capture);
        }
        writePoints(false);
        executor.scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
    }

    /** Any thread. */
    void retire(CommitJournal.Retiring full) {
        retiring.add(full);
        try {
            executor.execute(this::retireAll);
        } catch (RejectedExecutionException e) {
            // The store is closing: every log is forced at its end, and then the whole journal is emptied.
            LOG.debug("A full journal file is left to the clean stop", e);
        }
    }

    private void tick() {
        try {
            long nowNanos = System.nanoTime();
            for (LogHandle log : logs.get()) {
                if (log.state() == LogHandle.State.ONLINE && log.isForceDue(nowNanos)) {
                    forceLazily(log);
                }
            }
            if (nowNanos - lastProbeNanos >= SPACE_PROBE_NANOS) {
                lastProbeNanos = nowNanos;
                space.probe();
                retireAll();
            }
            long appendedBytes = writer.appendedBytes();
            if (nowNanos - lastCheckpointNanos >= config.checkpointInterval().toNanos()
                    || appendedBytes - bytesAtCheckpoint >= config.checkpointBytes()) {
                lastCheckpointNanos = nowNanos;
                bytesAtCheckpoint = appendedBytes;
                checkpoint(logs.get());
            }
        } catch (IOException | RuntimeException e) {
            LOG.error("A checkpoint failed; it is tried again", e);
        }
    }

    private void forceLazily(LogHandle log) {
        try {
            long forced = log.log().forceFiles();
            writer.execute(() -> {
                log.log().advanceFlushed(forced);
                log.filesForced(forced);
                log.maybeWriteIndex();
                log.wakeWaiters();
            });
        } catch (IOException e) {
            takeOffline(log, e);
        }
    }

    private static void takeOffline(LogHandle log, IOException e) {
        if (log.state() != LogHandle.State.ONLINE) {
            return; // deleted under the force, or offline already
        }
        log.takeOffline(e.toString());
        LOG.error("Took log offline log={}", log.log().name(), e);
    }

    /**
     * Forces the files of all logs in a full journal file, and no more: recovery points can wait for the next checkpoint, and
     * would cost as many forces again.
     *
     * <p>A full file whose logs cannot all be forced is kept: it may hold the only durable copy of what they acknowledged, and
     * the next start puts that back. It is tried again later; meanwhile groups are forced file by file.
     */
    private void retireAll() {
        try {
            for (CommitJournal.Retiring full = retiring.peek(); full != null; full = retiring.peek()) {
                full.logs().stream()
                        .filter(log -> log.state() == LogHandle.State.ONLINE)
                        .forEach(this::forceLazily);
                if (!full.logs().stream().allMatch(this::isSafeWithoutJournal)) {
                    return;
                }
                journal.retired(full);
                retiring.remove();
            }
        } catch (RuntimeException e) {
            LOG.error("A full journal file could not be retired; it is tried again", e);
        }
    }

    private boolean isSafeWithoutJournal(LogHandle log) {
        return log.state() != LogHandle.State.OFFLINE;
    }

    private record Capture(LogHandle log, long end, List<ProducerTable.Entry> producers) {}

    /** Brings the recovery points of these logs up to now; durable on return. */
    private void checkpoint(Collection<LogHandle> which) throws IOException {
        List<Capture> captures = captureOnWriter(which);
        for (Capture capture : captures) {
            LogHandle log = capture.log;
            try {
                log.log().forceFiles();
            } catch (IOException e) {
                takeOffline(log, e);
                continue;
            }
            savePoint(capture);
            writer.execute(() -> {
                log.log().advanceFlushed(capture.end);
                log.filesForced(capture.end);
                log.maybeWriteIndex();
                log.wakeWaiters();
            });
        }
        writePoints(false);
    }

    private void savePoint(Capture capture) throws IOException {
        Path directory = capture.log.log().directory();
        ProducerSnapshot.write(directory, capture.producers, disk);
        points.put(LogStore.keyOf(config.dataDirectory(), directory), capture.end);
    }

    private void writePoints(boolean clean) throws IOException {
        new RecoveryPoints(Map.copyOf(points), ids.lastIssued(), clean, false).write(config.dataDirectory(), disk);
    }

    private List<Capture> captureOnWriter(Collection<LogHandle> which) throws IOException {
        CompletableFuture<List<Capture>> answer = new CompletableFuture<>();
        long expireBeforeMs = clock.millis() - config.producerExpiry().toMillis();
        writer.execute(() -> answer.complete(capture(which, expireBeforeMs)));
        try {
            return answer.get(WRITER_ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the log writer", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the log writer did not answer", e);
        }
    }

    private List<Capture> capture(Collection<LogHandle> which, long expireBeforeMs) {
        List<Capture> captures = new ArrayList<>();
        for (LogHandle log : which) {
            if (log.state() == LogHandle.State.ONLINE) {
                log.producers().expire(expireBeforeMs);
                long end = log.log().watermarks().end();
                Long known = points.get(
                        LogStore.keyOf(config.dataDirectory(), log.log().directory()));
                if (known == null || known != end) {
                    captures.add(new Capture(log, end, log.producers().snapshot()));
                }
            }
        }
        return captures;
    }

    /** A log is being deleted. Waits for the checkpointer; durable on return. */
    void forget(Path logDirectory) throws IOException {
        runAndWait(() -> {
            boolean known = points.remove(LogStore.keyOf(config.dataDirectory(), logDirectory)) != null;
            if (known && writer != null) { // before the start nothing is written: the start itself does
                writePoints(false);
            }
        });
    }

    private interface Step {
        void run() throws IOException;
    }

    private void runAndWait(Step step) throws IOException {
        try {
            executor.submit(() -> {
                        step.run();
                        return null;
                    })
                    .get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the checkpointer", e);
        } catch (ExecutionException e) {
            throw new IOException("the checkpoint failed", e.getCause());
        }
    }

    /** Stops the thread; the writer must still run. */
    void stop() throws InterruptedException {
        executor.shutdown();
        if (!executor.awaitTermination(WRITER_ANSWER_SECONDS, TimeUnit.SECONDS)) {
            LOG.warn("The checkpointer did not stop in time");
        }
    }

    /**
     * After writer and checkpointer have stopped: closes every log and writes the last points. False when a log is offline,
     * so that the journal may still hold what its file lacks.
     */
    boolean closeAll(Collection<LogHandle> open) throws IOException {
        boolean allClean = true;
        for (LogHandle log : open) {
            if (log.state() != LogHandle.State.ONLINE) {
                log.log().abandon();
                allClean = false;
                continue;
            }
            long end = log.log().watermarks().end();
            List<ProducerTable.Entry> producers = log.producers().snapshot();
            try {
                log.log().close();
                savePoint(new Capture(log, end, producers));
            } catch (IOException e) {
                takeOffline(log, e);
                allClean = false;
            }
            log.markClosed();
        }
        writePoints(allClean);
        return allClean;
    }
}
