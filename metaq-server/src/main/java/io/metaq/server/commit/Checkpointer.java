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
    private static final long SPACE_PROBE_MS = 1000;
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
    private long lastCheckpointMs;
    private long lastProbeMs;

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
        this.lastCheckpointMs = clock.millis();
    }

    void start(GroupCommit logWriter, CommitJournal commitJournal) {
        writer = logWriter;
        journal = commitJournal;
        executor.scheduleWithFixedDelay(this::tick, TICK_MS, TICK_MS, TimeUnit.MILLISECONDS);
    }

    /** Any thread. */
    void retire(CommitJournal.Retiring full) {
        retiring.add(full);
        executor.execute(this::retireAll);
    }

    private void tick() {
        try {
            long nowNanos = System.nanoTime();
            for (LogHandle log : logs.get()) {
                if (log.state() == LogHandle.State.ONLINE && log.isForceDue(nowNanos)) {
                    forceLazily(log);
                }
            }
            long nowMs = clock.millis();
            if (nowMs - lastProbeMs >= SPACE_PROBE_MS) {
                lastProbeMs = nowMs;
                space.probe();
            }
            if (nowMs - lastCheckpointMs >= config.checkpointInterval().toMillis()) {
                lastCheckpointMs = nowMs;
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
                writeIndex(log);
            });
        } catch (IOException e) {
            takeOffline(log, e);
        }
    }

    private static void writeIndex(LogHandle log) {
        try {
            log.log().writeIndex(log.filesForcedTo());
        } catch (IOException e) {
            LOG.warn("Index entries wait for the next chance log={}", log.log().name(), e);
        }
    }

    private static void takeOffline(LogHandle log, IOException e) {
        log.takeOffline(e.toString());
        LOG.error("Took log offline log={}", log.log().name(), e);
    }

    private void retireAll() {
        for (CommitJournal.Retiring full = retiring.poll(); full != null; full = retiring.poll()) {
            try {
                checkpoint(full.logs());
                journal.retired(full);
            } catch (IOException | RuntimeException e) {
                LOG.error("A full journal file could not be retired; its logs are forced one by one from now on", e);
            }
        }
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
                writeIndex(log);
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
        new RecoveryPoints(Map.copyOf(points), ids.lastIssued(), clean).write(config.dataDirectory(), disk);
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

    /** A log was deleted. Waits for the checkpointer. */
    void forget(Path logDirectory) throws IOException {
        runAndWait(() -> {
            points.remove(LogStore.keyOf(config.dataDirectory(), logDirectory));
            writePoints(false);
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

    /** After writer and checkpointer have stopped: closes every log and writes the last points. */
    void closeAll(Collection<LogHandle> open) throws IOException {
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
    }
}
