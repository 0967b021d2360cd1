// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.record.MessageIds;
import io.metaq.server.log.DataDirectoryLock;
import io.metaq.server.log.Disk;
import io.metaq.server.log.LogConfig;
import io.metaq.server.log.LogReplay;
import io.metaq.server.log.RecordVisitor;
import io.metaq.server.log.RecoveryReport;
import io.metaq.server.log.RecoveryStart;
import io.metaq.server.log.SegmentedLog;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All logs of a broker, and what they share: the data directory's lock, the log writer, the commit journal, checkpoints,
 * recovery.
 *
 * <p>Order: {@link #open(LogStoreConfig, Disk, InstantSource, MeterRegistry)} replays the journal; then each log is opened
 * and recovered; {@link #start} lets the writer go. A clean {@link #close} leaves a marker, and the next start scans
 * nothing.
 *
 * <p>Threads: {@link #find} and {@link #logs} are for any thread; opening, deleting and closing may block on the disk.
 */
public final class LogStore implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(LogStore.class);
    private static final Pattern LOG_FILE = Pattern.compile("\\d{20}\\..+|producers\\.snapshot.*");

    static final String JOURNAL = "__journal";

    private final LogStoreConfig config;
    private final Disk disk;
    private final InstantSource clock;
    private final DataDirectoryLock lock;
    private final RecoveryPoints points;
    private final Map<String, Long> provenOffsets;
    private final CommitJournal journal;
    private final Checkpointer checkpointer;
    private final GroupCommit writer;
    private final MessageIdSource ids;
    private final DiskSpace space;
    private final AtomicLong lastPlainTick;
    private final ConcurrentMap<String, LogHandle> logs = new ConcurrentHashMap<>();
    private final List<RecoveryReport> recoveries = new CopyOnWriteArrayList<>();
    private volatile boolean started;
    private boolean closed;
    private volatile boolean closedCleanly;

    private LogStore(
            LogStoreConfig config,
            Disk disk,
            InstantSource clock,
            MeterRegistry registry,
            DataDirectoryLock lock,
            RecoveryPoints points,
            CommitJournal journal,
            Map<String, Long> provenOffsets) {
        this.config = config;
        this.disk = disk;
        this.clock = clock;
        this.lock = lock;
        this.points = points;
        this.journal = journal;
        this.provenOffsets = provenOffsets;
        this.lastPlainTick = new AtomicLong(MessageIds.tickOf(points.lastMessageId()));
        this.ids = new MessageIdSource(config.brokerId(), clock);
        this.space = new DiskSpace(config.dataDirectory(), config.minFreeBytes(), disk);
        this.checkpointer = new Checkpointer(config, points.offsets(), logs::values, ids, space, disk, clock);
        this.writer = new GroupCommit(
                config.maxQueuedAppends(),
                config.maxQueuedBytes(),
                ids,
                journal,
                checkpointer::retire,
                space,
                clock,
                new GroupCommitMetrics(registry));
    }

    /** Takes the data directory and replays the commit journal. Throws when another process has the directory. */
    public static LogStore open(LogStoreConfig config, Disk disk, InstantSource clock, MeterRegistry registry)
            throws IOException {
        Path directory = config.dataDirectory();
        createDurably(directory, disk);
        DataDirectoryLock lock = DataDirectoryLock.acquire(directory);
        boolean opened = false;
        try {
            RecoveryPoints points = readPoints(directory, disk);
            RecoveryPoints.removeCleanMarker(directory, disk);
            CommitJournal journal = new CommitJournal(directory.resolve(JOURNAL), config.journalFileBytes(), disk);
            Map<String, Long> proven = replay(journal, directory, disk);
            LogStore store = new LogStore(config, disk, clock, registry, lock, points, journal, proven);
            opened = true;
            return store;
        } finally {
            if (!opened) {
                lock.close();
            }
        }
    }

    /** Forces the entry in the parent too: without it a power loss may take the whole directory. */
    private static void createDurably(Path directory, Disk disk) throws IOException {
        if (!disk.exists(directory)) {
            disk.createDirectories(directory);
            if (directory.toAbsolutePath().getParent() != null) {
                disk.forceDirectory(directory.toAbsolutePath().getParent());
            }
        }
    }

    private static RecoveryPoints readPoints(Path directory, Disk disk) throws IOException {
        try {
            return RecoveryPoints.read(directory, disk);
        } catch (CheckedTextFile.DamagedException e) {
            LOG.warn("Recovery points are damaged; every log is scanned from its start why=\"{}\"", e.getMessage());
            return RecoveryPoints.DAMAGED;
        }
    }

    /** Puts back what the journal has, and empties it. Returns, per log, up to where it proves bytes durable. */
    private static Map<String, Long> replay(CommitJournal journal, Path directory, Disk disk) throws IOException {
        Map<String, Long> proven = new HashMap<>();
        try (LogReplay target = new LogReplay(disk)) {
            long blocks = journal.replay(
                    (key, offset, records) -> {
                        long end = offset + records.remaining();
                        if (target.write(directory.resolve(key), offset, records)) {
                            proven.merge(key, end, Math::max);
                        }
                    },
                    LogStore::report);
            target.force();
            if (blocks > 0) {
                LOG.info("Replayed commit journal blocks={} logs={}", blocks, proven.size());
            }
        }
        journal.reset();
        return proven;
    }

    private static void report(CommitJournal.Damage damage) {
        if (damage.torn()) {
            LOG.warn(
                    "Left the torn end of the commit journal file={} position={} what=\"{}\"",
                    damage.file(),
                    damage.position(),
                    damage.what());
        } else {
            LOG.error(
                    "Damaged commit journal; what only it kept is lost file={} position={} what=\"{}\"",
                    damage.file(),
                    damage.position(),
                    damage.what());
        }
    }

    /** A log's name in files of the store: its directory, relative to the data directory where it lies there. */
    static String keyOf(Path dataDirectory, Path logDirectory) {
        return logDirectory.startsWith(dataDirectory)
                ? dataDirectory.relativize(logDirectory).toString()
                : logDirectory.toString();
    }

    /** The directory of a log of this name. */
    private Path directoryOf(String name, Path dataDirectory) {
        return (dataDirectory == null ? config.dataDirectory() : dataDirectory).resolve(name);
    }

    /**
     * Opens or creates a log and recovers it; several may be opened at once by different threads.
     *
     * @param dataDirectory a topic may have its own; null for the broker's
     */
    public LogHandle open(String name, Path dataDirectory, LogConfig logConfig, FlushPolicy policy) throws IOException {
        Path directory = directoryOf(name, dataDirectory);
        createDurably(directory.getParent(), disk);
        String key = keyOf(config.dataDirectory(), directory);
        ProducerTable producers = new ProducerTable();
        boolean mustScanAll = !restore(producers, directory);
        RecoveryStart start = new RecoveryStart(
                points.clean() && points.offsets().containsKey(key) && !mustScanAll,
                mustScanAll ? 0 : recoveryPoint(key),
                provenOffsets.getOrDefault(key, 0L));
        long nowMs = clock.millis();
        RecordVisitor visitor = (offset, messageId, flag, messageCount) -> {
            if (messageId > 0 && !MessageIds.isIdempotent(messageId)) {
                lastPlainTick.accumulateAndGet(MessageIds.tickOf(messageId) + messageCount, Math::max);
            }
            producers.recovered(messageId, messageCount, offset, nowMs);
        };
        SegmentedLog.Opened opened = SegmentedLog.open(directory, logConfig, start, visitor, disk);
        report(opened.report());
        LogHandle handle = new LogHandle(opened.log(), key, policy, producers);
        if (logs.putIfAbsent(name, handle) != null) {
            opened.log().abandon();
            throw new IOException("log " + name + " is open already");
        }
        return handle;
    }

    /**
     * A log without a point was created after the last checkpoint, and is scanned from its start; unless there has never been
     * one: then MetaQ 1.4 may have written it.
     */
    private long recoveryPoint(String key) {
        return points.offsets().getOrDefault(key, points.firstStart() ? -1L : 0L);
    }

    /** False when the snapshot is damaged, so that the whole log must be read for its producers. */
    private boolean restore(ProducerTable producers, Path directory) throws IOException {
        try {
            ProducerSnapshot.read(directory, disk).ifPresent(producers::restore);
            return true;
        } catch (CheckedTextFile.DamagedException e) {
            LOG.warn("Producer snapshot is damaged; the log is read from its start why=\"{}\"", e.getMessage());
            return false;
        }
    }

    private void report(RecoveryReport report) {
        if (report.scannedRecords() > 0) {
            LOG.info(
                    "Recovered log={} start={} end={} scannedRecords={} scannedBytes={}",
                    report.log(),
                    report.startOffset(),
                    report.endOffset(),
                    report.scannedRecords(),
                    report.scannedBytes());
        }
        report.cuts()
                .forEach(cut -> LOG.warn(
                        "Cut a torn tail file={} position={} offset={} bytes={} why=\"{}\" savedAs={}",
                        cut.file(),
                        cut.position(),
                        cut.offset(),
                        cut.bytes(),
                        cut.why(),
                        cut.savedAs()));
        report.damage()
                .forEach(damage -> LOG.error(
                        "Damaged record file={} position={} offset={} what=\"{}\"",
                        damage.file(),
                        damage.position(),
                        damage.offset(),
                        damage.what()));
        recoveries.add(report);
    }

    /**
     * Lets the writer go; every log that existed before must have been opened, so that no message id comes twice. Writes the
     * recovery points first.
     */
    public void start() throws IOException {
        ids.startAfterTick(lastPlainTick.get());
        checkpointer.start(writer, journal);
        writer.start();
        started = true;
    }

    /** What opening each log found, in the order of opening. */
    public List<RecoveryReport> recoveries() {
        return List.copyOf(recoveries);
    }

    public Optional<LogHandle> find(String name) {
        return Optional.ofNullable(logs.get(name));
    }

    public Collection<LogHandle> logs() {
        return List.copyOf(logs.values());
    }

    public GroupCommit writer() {
        return writer;
    }

    /** No room on the disk: writes are refused at present. */
    public boolean isDiskFull() {
        return space.isFull();
    }

    public Disk disk() {
        return disk;
    }

    /** Fails what waits, closes the log and deletes its files; durable on return. */
    public void delete(String name) throws IOException {
        LogHandle log = logs.get(name);
        if (log == null) {
            throw new IOException("there is no log " + name);
        }
        onWriter(() -> {
            forgetHistory(log);
            log.markClosed();
            return null;
        });
        Path directory = log.log().directory();
        logs.remove(name);
        log.log().abandon();
        deleteUnopened(directory);
    }

    /**
     * Is the directory a log's, or what a crash has left of one that was being deleted: files of a log without a segment, or
     * nothing?
     */
    public boolean isLogOrRemains(Path directory) throws IOException {
        return SegmentedLog.isIn(directory, disk)
                || disk.list(directory).stream()
                        .allMatch(file ->
                                LOG_FILE.matcher(file.getFileName().toString()).matches());
    }

    /** Deletes the files of a log that is not open, if there are any; durable on return. */
    public void deleteUnopened(Path directory) throws IOException {
        checkpointer.forget(directory);
        if (!disk.exists(directory)) {
            return;
        }
        for (Path file : disk.list(directory)) {
            disk.delete(file);
        }
        disk.delete(directory);
        disk.forceDirectory(directory.getParent());
    }

    /**
     * (writer) Old journal entries must never come back over a log whose history changes, so the journal is emptied, once
     * every other log in it is safe by itself. Throws, and changes nothing, when one is not.
     */
    private void forgetHistory(LogHandle changing) throws IOException {
        for (LogHandle dirty : journal.dirtyLogs()) {
            if (dirty.equals(changing) || dirty.state() == LogHandle.State.CLOSED) {
                continue;
            }
            if (dirty.state() == LogHandle.State.ONLINE) {
                forceOrTakeOffline(dirty);
            }
            if (dirty.state() == LogHandle.State.OFFLINE) {
                throw new IOException("log " + changing.log().name() + " cannot be deleted now: log "
                        + dirty.log().name() + " is offline (" + dirty.stateReason()
                        + ") and needs the commit journal when the broker restarts; restart it first");
            }
        }
        journal.reset();
    }

    private static void forceOrTakeOffline(LogHandle log) {
        try {
            log.log().force();
            log.filesForced(log.log().watermarks().end());
            log.wakeWaiters();
        } catch (IOException e) {
            log.takeOffline(e.toString());
            LOG.error("Took log offline log={}", log.log().name(), e);
        }
    }

    private interface WriterStep<T> {
        T run() throws IOException;
    }

    private <T> T onWriter(WriterStep<T> step) throws IOException {
        if (!started) {
            return step.run();
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        writer.execute(() -> {
            try {
                answer.complete(step.run());
            } catch (IOException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the log writer", e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        }
    }

    /** After {@link #close()}: whether every log was forced and the marker is there, so that the next start scans nothing. */
    public boolean closedCleanly() {
        return closedCleanly;
    }

    /** A clean stop: settles what waits, forces and closes every log, leaves the marker. Idempotent. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            checkpointer.stop();
            if (!started) {
                // A start that failed half way says nothing about the logs it did not open: no points, no clean marker.
                logs.values().forEach(log -> log.log().abandon());
                return;
            }
            writer.close();
            if (checkpointer.closeAll(logs.values())) {
                journal.reset();
                closedCleanly = true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while closing", e);
        } finally {
            journal.close();
            lock.close();
        }
    }
}
