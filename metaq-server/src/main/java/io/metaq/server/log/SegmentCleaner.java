// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes sealed segments that are too old, or too many, out of a log: always the oldest first, so that a log never has a
 * hole, and never the active one. Readers that hold a segment finish with it.
 *
 * <p>A crash at any moment leaves each segment in the log, in a whole archive, or in both; what is in both is archived again.
 *
 * <p>Threads: one at a time for a log. Blocks on the disk; zipping a large segment takes a while, and ends early, with
 * nothing done, when {@code stopping} says so. It must not be interrupted: that would close files under their readers.
 */
public final class SegmentCleaner {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentCleaner.class);
    private static final int COPY_BYTES = 256 * 1024;

    private final Disk disk;
    private final BooleanSupplier stopping;

    public SegmentCleaner(Disk disk, BooleanSupplier stopping) {
        this.disk = disk;
        this.stopping = stopping;
    }

    /** How much was taken out. */
    public record Cleaned(int segments, long bytes) {
        public static final Cleaned NOTHING = new Cleaned(0, 0);

        public Cleaned plus(Cleaned other) {
            return new Cleaned(segments + other.segments, bytes + other.bytes);
        }
    }

    /**
     * Retires segments that were last written before this time.
     *
     * @param limitOffset segments that reach beyond it stay: nobody could read them yet
     */
    public Cleaned retireOlderThan(SegmentedLog log, long timestampMs, long limitOffset, SegmentDisposal disposal)
            throws IOException {
        return retireWhile(log, limitOffset, disposal, segment -> lastWrittenMs(segment) < timestampMs);
    }

    /** Retires segments for as long as the log has more than {@code maxBytes}; the active one alone may have more. */
    public Cleaned retireBeyond(SegmentedLog log, long maxBytes, long limitOffset, SegmentDisposal disposal)
            throws IOException {
        return retireWhile(
                log, limitOffset, disposal, segment -> log.watermarks().end() - segment.baseOffset() > maxBytes);
    }

    private interface Condition {
        boolean holds(Segment segment) throws IOException;
    }

    private Cleaned retireWhile(SegmentedLog log, long limitOffset, SegmentDisposal disposal, Condition condition)
            throws IOException {
        Cleaned cleaned = Cleaned.NOTHING;
        while (!stopping.getAsBoolean()) {
            List<Segment> sealed = log.sealed();
            if (sealed.isEmpty()) {
                break;
            }
            Segment oldest = sealed.get(0);
            if (oldest.endOffset() > limitOffset || !condition.holds(oldest) || !retire(log, oldest, disposal)) {
                break;
            }
            LOG.info(
                    "Retired segment log={} base={} bytes={} disposal={}",
                    log.name(),
                    oldest.baseOffset(),
                    oldest.sizeBytes(),
                    disposal);
            cleaned = cleaned.plus(new Cleaned(1, oldest.sizeBytes()));
        }
        return cleaned;
    }

    private long lastWrittenMs(Segment segment) throws IOException {
        return disk.lastModifiedMs(segment.path());
    }

    /** False when it was not done, because the broker stops. */
    private boolean retire(SegmentedLog log, Segment oldest, SegmentDisposal disposal) throws IOException {
        Path unfinished = beside(oldest, ".zip.new");
        if (disk.exists(unfinished)) {
            disk.delete(unfinished);
        }
        switch (disposal) {
            case DELETE -> log.retire(oldest, segment -> SegmentedLog.deleteFiles(segment, disk));
            case ARCHIVE -> log.retire(oldest, this::rename);
            case ARCHIVE_ZIPPED -> {
                // Before the segment leaves the log, because it takes long.
                if (!zip(oldest, unfinished)) {
                    return false;
                }
                log.retire(oldest, segment -> replaceBy(unfinished, segment));
            }
        }
        return true;
    }

    private static Path beside(Segment segment, String suffix) {
        return segment.path().resolveSibling(segment.path().getFileName() + suffix);
    }

    /** Durable on return. */
    private void rename(Segment segment) throws IOException {
        SegmentedLog.deleteIndex(segment, disk);
        if (disk.exists(segment.path())) { // else an earlier attempt has failed behind this step
            disk.move(segment.path(), beside(segment, ".arc"));
        }
        disk.forceDirectory(segment.path().getParent());
    }

    private void replaceBy(Path zipped, Segment segment) throws IOException {
        disk.move(zipped, beside(segment, ".zip"));
        disk.forceDirectory(segment.path().getParent());
        SegmentedLog.deleteFiles(segment, disk);
    }

    /** The archive's bytes are durable on return, its name is not. False when the broker stops meanwhile. */
    private boolean zip(Segment segment, Path target) throws IOException {
        if (!segment.acquire()) {
            return false; // the log was closed
        }
        boolean complete = false;
        try (DiskFile file = disk.create(target)) {
            try (ZipOutputStream zip =
                    new ZipOutputStream(new BufferedOutputStream(new DiskFileOutput(file), COPY_BYTES))) {
                zip.putNextEntry(new ZipEntry(segment.path().getFileName().toString()));
                complete = copy(segment, zip);
                zip.closeEntry();
            }
            file.force();
        } catch (IOException e) {
            discard(target, e); // the disk may be full: the room is needed
            throw e;
        } finally {
            segment.release();
        }
        if (!complete) {
            disk.delete(target);
        }
        return complete;
    }

    private void discard(Path unfinished, IOException why) {
        try {
            if (disk.exists(unfinished)) {
                disk.delete(unfinished);
            }
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private boolean copy(Segment segment, ZipOutputStream target) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
        for (long position = 0; position < segment.sizeBytes(); ) {
            if (stopping.getAsBoolean()) {
                return false;
            }
            buffer.clear().limit((int) Math.min(COPY_BYTES, segment.sizeBytes() - position));
            int read = segment.file().read(buffer, position);
            if (read == 0) {
                throw new IOException(segment.path() + " ends at position " + position + " of " + segment.sizeBytes());
            }
            target.write(buffer.array(), 0, read);
            position += read;
        }
        return true;
    }
}
