// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One log: an unbroken run of records in segment files named by their base offset.
 *
 * <p>Invariants, true whenever a method returns:
 *
 * <ul>
 *   <li>{@code end == active.baseOffset + active.sizeBytes}, and {@code flushed <= end};
 *   <li>every segment but the last is sealed and forced, and each begins where the one before ends;
 *   <li>no byte is handed out by {@link #slice} that this process has not written or checked.
 * </ul>
 *
 * <p>Units: offsets and sizes are bytes. Threads: methods marked (writer) belong to the log writer; the others may be
 * called by any, and may block on the disk. Errors: after an {@link IOException} from {@link #force}, or a {@link
 * LogOfflineException}, the caller takes the log offline; it is not to be written again before it is reopened.
 *
 * <p>Idea: a failed fsync may drop dirty pages and then report success (Rebello et al., "Can Applications Recover from
 * fsync Failures?", USENIX ATC 2020), so a force is never retried.
 */
public final class SegmentedLog implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentedLog.class);

    /** A log and what opening it found. */
    public record Opened(SegmentedLog log, RecoveryReport report) {}

    private final Path directory;
    private volatile LogConfig config;
    private final Disk disk;
    private final Watermarks watermarks;
    private final Object segmentsLock = new Object();
    /** Held while a segment leaves the log, so that no file is touched after the log was closed, or is being cut. */
    private final Object retiringLock = new Object();

    private boolean closed;
    private volatile Segment[] segments;
    private volatile BlockBuilder block;
    private long lastTimestampMs;
    private volatile long knownBoundary = -1;

    private SegmentedLog(Path directory, LogConfig config, Disk disk, List<Segment> segments) throws IOException {
        this.directory = directory;
        this.config = config;
        this.disk = disk;
        this.segments = segments.toArray(Segment[]::new);
        this.watermarks = new Watermarks(active().endOffset());
        this.block = new BlockBuilder(active().index()::add, config.indexIntervalBytes(), active().sizeBytes());
        this.lastTimestampMs = active().index().newestTimestampMs();
    }

    /**
     * Opens or creates the log in {@code directory} and recovers it. What a crash left unforced is forced before this
     * returns, so {@code flushed == end}. Files that are no segments are left alone.
     *
     * @param visitor is told of every sound record past the recovery point
     */
    public static Opened open(Path directory, LogConfig config, RecoveryStart start, RecordVisitor visitor, Disk disk)
            throws IOException {
        disk.createDirectories(directory);
        List<Segment> segments = findSegments(directory, disk);
        boolean opened = false;
        try {
            LogRecovery recovery = new LogRecovery(
                    directory.getFileName().toString(), segments, start, config.indexIntervalBytes(), visitor, disk);
            RecoveryReport report = recovery.run();
            if (!start.clean() || segments.isEmpty()) {
                // A process that was killed may have left names that only the page cache knows.
                disk.forceDirectory(directory.getParent());
                disk.forceDirectory(directory);
            }
            if (segments.isEmpty()) {
                segments.add(Segment.create(disk, directory, 0));
            }
            settle(segments.get(segments.size() - 1), start, config, disk);
            SegmentedLog log = new SegmentedLog(directory, config, disk, segments);
            opened = true;
            return new Opened(log, report);
        } finally {
            if (!opened) {
                release(segments);
            }
        }
    }

    /** Makes the active segment durable, and its index complete. */
    private static void settle(Segment active, RecoveryStart start, LogConfig config, Disk disk) throws IOException {
        if (active.sizeBytes() == 0) {
            return;
        }
        if (!start.clean()) {
            active.force();
        }
        if (active.index().coveredPosition() != active.sizeBytes()) {
            indexTail(active, config, disk);
        }
        active.index().write(active.sizeBytes());
    }

    private static void indexTail(Segment segment, LogConfig config, Disk disk) throws IOException {
        segment.withSoundIndex(config.indexIntervalBytes(), () -> {
            TailIndexer.indexAround(segment, config.indexIntervalBytes(), disk.lastModifiedMs(segment.path()));
            return null;
        });
    }

    private static List<Segment> findSegments(Path directory, Disk disk) throws IOException {
        List<Segment> found = new ArrayList<>();
        for (Path file : disk.list(directory)) {
            OptionalLong baseOffset = SegmentFileName.baseOffset(file);
            if (baseOffset.isPresent()) {
                found.add(new Segment(disk, file, baseOffset.getAsLong(), disk.sizeBytes(file)));
            }
        }
        return found;
    }

    private static void release(Collection<Segment> segments) {
        for (Segment segment : segments) {
            release(segment);
        }
    }

    /** Does the directory hold segments of a log? */
    public static boolean isIn(Path directory, Disk disk) throws IOException {
        return disk.list(directory).stream()
                .anyMatch(file -> SegmentFileName.baseOffset(file).isPresent());
    }

    /** The directory's name, {@code topic-partition} or {@code __name}. */
    public String name() {
        return directory.getFileName().toString();
    }

    public Path directory() {
        return directory;
    }

    public Watermarks watermarks() {
        return watermarks;
    }

    /** The smallest offset that is still there. */
    public long startOffset() {
        return segments[0].baseOffset();
    }

    public int segmentCount() {
        return segments.length;
    }

    private Segment active() {
        Segment[] current = segments;
        return current[current.length - 1];
    }

    /**
     * (writer) Appends whole records in storage layout, from position to limit, and moves the position; rolls first when
     * the active segment is full. Returns the offset of the first; on return they are written, not forced. After a
     * failure nothing of them is in the log, unless a {@link LogOfflineException} says otherwise.
     *
     * @param timestampMs now; taken for the newest known time where the clock has gone back, so that times in a log rise
     */
    public long append(ByteBuffer records, long timestampMs) throws IOException {
        if (active().sizeBytes() >= config.maxSegmentBytes()) {
            roll();
        }
        Segment active = active();
        int from = records.position();
        int length = records.remaining();
        long first = active.endOffset();
        active.append(records);
        lastTimestampMs = Math.max(lastTimestampMs, timestampMs);
        block.add(records, from, length, lastTimestampMs);
        watermarks.advanceEnd(first + length);
        return first;
    }

    private void roll() throws IOException {
        Segment full = active();
        full.force();
        watermarks.advanceFlushed(watermarks.end());
        block.close();
        full.index().write(full.sizeBytes());
        full.index().force();
        Segment next = Segment.create(disk, directory, full.endOffset());
        synchronized (segmentsLock) {
            Segment[] longer = Arrays.copyOf(segments, segments.length + 1);
            longer[longer.length - 1] = next;
            segments = longer;
        }
        block = new BlockBuilder(next.index()::add, config.indexIntervalBytes(), 0);
        LOG.debug("Rolled segment log={} base={}", name(), next.baseOffset());
    }

    /** From any thread: the next append, and the index of the next segment, go by this. */
    public void reconfigure(LogConfig changed) {
        config = changed;
    }

    /** (writer) fdatasync; on return {@code flushed == end}. After a failure never call it again. */
    public void force() throws IOException {
        active().force();
        advanceFlushed(watermarks.end());
    }

    /**
     * Forces what is written now, on the calling thread, while the writer may go on. Returns the offset below which
     * everything is in stable files; the watermark is left for the writer to move. After a failure never call it again.
     */
    public long forceFiles() throws IOException {
        long end = watermarks.end();
        Segment active = active();
        active.force();
        return Math.min(end, active.endOffset());
    }

    /** (writer) Bytes up to this offset are durable: in another place, the commit journal, or by {@link #forceFiles}. */
    public void advanceFlushed(long offset) {
        if (offset > watermarks.flushed()) {
            watermarks.advanceFlushed(offset);
        }
    }

    /** (writer) Writes index entries of blocks whose bytes are in forced files up to {@code offset}. */
    public void writeIndex(long offset) throws IOException {
        Segment active = active();
        active.index().maybeWrite(offset - active.baseOffset());
    }

    /**
     * (writer) Cuts everything from {@code offset}, a record boundary, on; durable on return. The recovery point must have
     * been brought down to {@code offset} before, or a crash would take what is missing for damage.
     */
    public void truncateTo(long offset) throws IOException {
        if (offset < startOffset() || offset > watermarks.end()) {
            throw new IOException("log " + name() + ": cannot truncate to " + offset + ", it holds " + startOffset()
                    + " to " + watermarks.end());
        }
        knownBoundary = -1;
        synchronized (retiringLock) {
            dropSegmentsFrom(offset);
        }
        Segment active = active();
        active.truncate(offset - active.baseOffset());
        watermarks.truncate(offset);
        indexTail(active, config, disk);
        block = new BlockBuilder(active.index()::add, config.indexIntervalBytes(), active.sizeBytes());
    }

    private void dropSegmentsFrom(long offset) throws IOException {
        while (segments.length > 1 && active().baseOffset() >= offset) {
            Segment last = active();
            synchronized (segmentsLock) {
                segments = Arrays.copyOf(segments, segments.length - 1);
            }
            // One by one, newest first: a crash in between must not leave a gap.
            deleteFiles(last, disk);
            release(last);
        }
    }

    /**
     * Durable on return. The index goes first: it must never be found beside another segment of that name. What an earlier
     * attempt has deleted already is no failure.
     */
    static void deleteFiles(Segment segment, Disk disk) throws IOException {
        deleteIndex(segment, disk);
        if (disk.exists(segment.path())) {
            disk.delete(segment.path());
        }
        disk.forceDirectory(segment.path().getParent());
    }

    /** Durable on return. */
    static void deleteIndex(Segment segment, Disk disk) throws IOException {
        if (disk.exists(segment.index().path())) {
            disk.delete(segment.index().path());
            disk.forceDirectory(segment.path().getParent());
        }
    }

    /** The newest segment that begins at or before {@code offset}, held for a reader; null when it is gone. */
    private Segment acquire(long offset) {
        Segment[] current = segments;
        while (true) {
            Segment found = floor(current, offset);
            if (found == null || found.acquire()) {
                return found;
            }
            if (current == segments) {
                return null; // closed
            }
            current = segments; // retention has just taken it
        }
    }

    private static Segment floor(Segment[] segments, long offset) {
        int low = 0;
        int high = segments.length - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (segments[middle].baseOffset() <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return segments[low].baseOffset() <= offset ? segments[low] : null;
    }

    /**
     * Whole records from {@code offset} on, at most {@code maxBytes} of them but always at least one record, none beyond
     * {@code limitOffset}, none across a segment's end. {@code offset} must be a boundary, see {@link #boundaryAtOrAfter}.
     * Null when nothing is there.
     *
     * @throws DamagedRecordException when the record at {@code offset} fails its checks; it is never handed out
     */
    public LogSlice slice(long offset, int maxBytes, long limitOffset) throws IOException {
        if (offset >= limitOffset) {
            return null;
        }
        Segment segment = acquire(offset);
        if (segment == null) {
            return null;
        }
        boolean handedOut = false;
        try {
            long position = offset - segment.baseOffset();
            long limit = Math.min(limitOffset - segment.baseOffset(), segment.sizeBytes());
            if (position >= limit) {
                return null;
            }
            long end = segment.withSoundIndex(
                    config.indexIntervalBytes(),
                    () -> soundEnd(segment, position, sliceEnd(segment, position, maxBytes, limit)));
            knownBoundary = segment.baseOffset() + end;
            LogSlice slice = new LogSlice(
                    offset, segment.file().channel(), position, (int) (end - position), releaseOnce(segment));
            handedOut = true;
            return slice;
        } finally {
            if (!handedOut) {
                release(segment);
            }
        }
    }

    private static Runnable releaseOnce(Segment segment) {
        AtomicBoolean held = new AtomicBoolean(true);
        return () -> {
            if (held.compareAndSet(true, false)) {
                release(segment);
            }
        };
    }

    private static long sliceEnd(Segment segment, long position, int maxBytes, long limit) throws IOException {
        long target = position + Math.max(1, maxBytes);
        if (target >= limit) {
            return limit;
        }
        long from = Math.max(position, segment.walkStart(target));
        long end = segment.boundaryAtOrBefore(from, target, limit);
        return end > position ? end : segment.endOfRecordAt(position, limit);
    }

    /** Where the sound records from {@code position} on end, at most {@code end}; throws when the first is damaged. */
    private static long soundEnd(Segment segment, long position, long end) throws IOException {
        if (segment.verified().contains(position, end)) {
            return end;
        }
        try {
            segment.verify(position, end);
            return end;
        } catch (DamagedRecordException e) {
            long bad = e.offset() - segment.baseOffset();
            if (bad > position) {
                return bad;
            }
            throw e;
        }
    }

    private static void release(Segment segment) {
        try {
            segment.release();
        } catch (IOException e) {
            LOG.warn("Could not close a segment that is not needed any more file={}", segment.path(), e);
        }
    }

    /** True when {@link #slice} from here may read data this process has not verified yet: not for an event loop. */
    public boolean needsVerification(long offset) {
        Segment segment = acquire(offset);
        if (segment == null) {
            return false;
        }
        try {
            long position = offset - segment.baseOffset();
            return !segment.verified().contains(position, segment.sizeBytes());
        } finally {
            release(segment);
        }
    }

    /**
     * The first record boundary at or after {@code offset}, clamped to start and {@code limitOffset}; behind damage, where
     * that has made boundaries unknown. May walk a whole segment that has no index yet.
     */
    public long boundaryAtOrAfter(long offset, long limitOffset) throws IOException {
        if (offset >= limitOffset) {
            return limitOffset;
        }
        if (offset == knownBoundary) {
            return offset;
        }
        Segment segment = acquire(offset);
        if (segment == null) {
            return startOffset();
        }
        try {
            long position = offset - segment.baseOffset();
            if (position == 0) {
                return offset;
            }
            long limit = Math.min(limitOffset - segment.baseOffset(), segment.sizeBytes());
            if (position >= limit) {
                return segment.baseOffset() + limit;
            }
            boolean isSealed = segment != active();
            return segment.baseOffset()
                    + segment.withSoundIndex(config.indexIntervalBytes(), () -> {
                        if (isSealed) {
                            segment.ensureIndexed(config.indexIntervalBytes());
                        }
                        return segment.boundaryAtOrAfter(segment.walkStart(position), position, limit);
                    });
        } finally {
            release(segment);
        }
    }

    /**
     * The start of the block that holds the first record appended at or after this time: never later than that record, and
     * as a rule earlier by no more than one block. The end offset when there is none.
     */
    public long offsetAt(long timestampMs) throws IOException {
        for (Segment segment : segments) {
            if (!segment.acquire()) {
                continue;
            }
            try {
                long found =
                        segment.withSoundIndex(config.indexIntervalBytes(), () -> positionAt(segment, timestampMs));
                if (found >= 0) {
                    return segment.baseOffset() + found;
                }
            } finally {
                release(segment);
            }
        }
        return watermarks.end();
    }

    /** -1 when all of the segment is older. */
    private long positionAt(Segment segment, long timestampMs) throws IOException {
        BlockBuilder growing = block;
        boolean isActive = segment == active();
        if (!isActive) {
            segment.ensureIndexed(config.indexIntervalBytes());
        }
        long covered = segment.index().coveredPosition(); // before the search: blocks may be added meanwhile
        long found = segment.index().firstNotBefore(timestampMs);
        if (found >= 0) {
            return found;
        }
        boolean mayGrowBehind = isActive && growing.lastTimestampMs() >= timestampMs;
        return mayGrowBehind ? Math.min(covered, segment.sizeBytes()) : -1;
    }

    /** Sealed segments, oldest first; for retention. */
    List<Segment> sealed() {
        Segment[] current = segments;
        return List.of(current).subList(0, current.length - 1);
    }

    /**
     * Takes the oldest segment, sealed, out of the log; its files go to {@code disposal}. Readers that hold it go on reading
     * it. When the disposal fails the segment stays where it was.
     */
    void retire(Segment oldest, Disposal disposal) throws IOException {
        synchronized (retiringLock) {
            if (closed) {
                throw new IOException("log " + name() + " was closed");
            }
            oldest.prepareRetirement();
            takeOut(oldest);
            boolean disposed = false;
            try {
                disposal.dispose(oldest);
                disposed = true;
            } finally {
                if (disposed) {
                    release(oldest);
                } else {
                    putBack(oldest);
                }
            }
        }
    }

    private void takeOut(Segment oldest) {
        synchronized (segmentsLock) {
            if (segments.length < 2 || segments[0] != oldest) {
                throw new InvariantViolation("log " + name() + ": only the oldest sealed segment can be retired");
            }
            segments = Arrays.copyOfRange(segments, 1, segments.length);
        }
    }

    private void putBack(Segment oldest) {
        synchronized (segmentsLock) {
            Segment[] longer = new Segment[segments.length + 1];
            longer[0] = oldest;
            System.arraycopy(segments, 0, longer, 1, segments.length);
            segments = longer;
        }
    }

    /** What becomes of a retired segment's files. */
    interface Disposal {
        void dispose(Segment segment) throws IOException;
    }

    /** Forces, completes the index and closes the files. */
    @Override
    public void close() throws IOException {
        try {
            force();
            block.close();
            active().index().write(active().sizeBytes());
            active().index().force();
        } finally {
            releaseAll();
        }
    }

    /** Closes the files as they are: the log is offline, or will be deleted. Waits for a segment that is being retired. */
    public void abandon() {
        releaseAll();
    }

    private void releaseAll() {
        synchronized (retiringLock) {
            closed = true;
            release(List.of(segments));
        }
    }
}
