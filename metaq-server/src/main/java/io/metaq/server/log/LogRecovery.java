// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the files of one log back to a state that can be trusted, after a crash or from a MetaQ 1.4 broker.
 *
 * <p>The rule: the first record that is not sound is a torn tail, and is cut, unless something proves that its bytes were
 * once durable (the recovery point, an index entry, the commit journal, a later segment). Then it is damage: it is
 * reported and left, and the scan goes on behind it. So an acknowledged byte is never cut, and what was never
 * acknowledged does not come back as a hole that later bytes hide.
 */
final class LogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
    private static final int COPY_BYTES = 1 << 20;

    private final String name;
    private final List<Segment> segments;
    private final RecoveryStart start;
    private final int indexIntervalBytes;
    private final RecordVisitor visitor;
    private final Disk disk;

    private final List<RecoveryReport.Cut> cuts = new ArrayList<>();
    private final List<RecoveryReport.Damage> damage = new ArrayList<>();
    private long scannedRecords;
    private long scannedBytes;

    LogRecovery(
            String name,
            List<Segment> segments,
            RecoveryStart start,
            int indexIntervalBytes,
            RecordVisitor visitor,
            Disk disk) {
        this.name = name;
        this.segments = segments;
        this.start = start;
        this.indexIntervalBytes = indexIntervalBytes;
        this.visitor = visitor;
        this.disk = disk;
    }

    RecoveryReport run() throws IOException {
        requireContiguous();
        long first = segments.isEmpty() ? 0 : segments.get(0).baseOffset();
        if (!segments.isEmpty() && !isCleanlyClosed()) {
            scanPastRecoveryPoint();
        }
        long end = endOffset();
        return new RecoveryReport(
                name, first, end, scannedRecords, scannedBytes, List.copyOf(cuts), List.copyOf(damage));
    }

    private long endOffset() {
        return segments.isEmpty() ? 0 : segments.get(segments.size() - 1).endOffset();
    }

    /** The marker of a clean stop does not count where the log does not end where it ended then: another broker was here. */
    private boolean isCleanlyClosed() {
        return start.clean() && (start.recoveryPoint() == Long.MAX_VALUE || start.recoveryPoint() == endOffset());
    }

    private void scanPastRecoveryPoint() throws IOException {
        int last = segments.size() - 1;
        for (int i = 0; i <= last; i++) {
            Segment segment = segments.get(i);
            boolean sealedAndUnknown = start.recoveryPoint() < 0 && i < last;
            boolean mayBeUnforced = segment.endOffset() > start.recoveryPoint() || i == last;
            if (!sealedAndUnknown && mayBeUnforced) {
                scan(segment, i == last);
            }
        }
    }

    private void requireContiguous() throws IOException {
        for (int i = 1; i < segments.size(); i++) {
            Segment before = segments.get(i - 1);
            Segment after = segments.get(i);
            if (before.endOffset() != after.baseOffset()) {
                throw new IOException("log " + name + ": " + before.path() + " ends at offset " + before.endOffset()
                        + " but the next segment is " + after.path() + "; a segment is missing or was shortened");
            }
        }
    }

    private void scan(Segment segment, boolean last) throws IOException {
        SparseIndex index = segment.index();
        long size = segment.sizeBytes();
        segment.repairIndex(indexIntervalBytes);
        long recoveryPosition = Math.max(0, start.recoveryPoint() - segment.baseOffset());
        long provenPosition = Math.max(recoveryPosition, start.provenOffset() - segment.baseOffset());
        long proven = last ? Math.max(index.provenPosition(), provenPosition) : size;
        if (proven > size) {
            report(segment, size, "the file ends here, but bytes up to position " + proven + " were forced");
            index.truncate(size);
        }
        long from = Math.min(segment.walkStart(Math.min(recoveryPosition, size)), recoveryPosition);
        long covered = index.coveredPosition();
        long timestampMs = disk.lastModifiedMs(segment.path());
        RecordScanner scanner = new RecordScanner(segment.file(), from, size);
        while (true) {
            long runStart = scanner.position();
            visitRun(segment, scanner, recoveryPosition);
            scannedBytes += scanner.position() - runStart;
            long uncovered = Math.max(runStart, covered);
            if (scanner.position() > uncovered) {
                TailIndexer.index(segment, uncovered, scanner.position(), indexIntervalBytes, timestampMs);
            }
            if (scanner.problem() == null) {
                break;
            }
            long bad = scanner.position();
            if (bad >= proven) {
                cut(segment, bad, scanner.problem());
                break;
            }
            report(segment, bad, scanner.problem());
            scanner.moveTo(resumeBehind(segment, bad, recoveryPosition, provenPosition));
        }
        requireBlocksSound(segment, from);
        if (!last) {
            index.write(size);
        }
    }

    private void visitRun(Segment segment, RecordScanner scanner, long recoveryPosition) throws IOException {
        while (scanner.check()) {
            if (scanner.position() >= recoveryPosition) {
                visitor.onRecord(
                        segment.baseOffset() + scanner.position(),
                        scanner.messageId(),
                        scanner.flag(),
                        scanner.messageCount());
            }
            scannedRecords++;
            scanner.advance();
        }
    }

    private void report(Segment segment, long position, String what) {
        long offset = segment.baseOffset() + position;
        if (damage.stream().noneMatch(known -> known.offset() == offset)) {
            damage.add(new RecoveryReport.Damage(segment.path(), position, offset, what));
        }
    }

    /** Headers are covered by the index alone: a block whose CRC32C fails though its payloads are sound is damaged. */
    private void requireBlocksSound(Segment segment, long from) throws IOException {
        SparseIndex index = segment.index();
        SparseIndex.Entry block = from == 0 ? index.higher(-1) : index.floor(from);
        while (block != null) {
            for (long position = block.position(); position < block.endPosition(); ) {
                try {
                    segment.verify(position, block.endPosition());
                    break;
                } catch (DamagedRecordException e) {
                    long bad = e.offset() - segment.baseOffset();
                    report(segment, bad, e.getMessage());
                    position = segment.resumeBehind(bad, block.endPosition());
                }
            }
            block = index.higher(block.position());
        }
    }

    /** The next place behind damage where a record can begin: by the records and the index, or where something was forced. */
    private long resumeBehind(Segment segment, long bad, long recoveryPosition, long provenPosition)
            throws IOException {
        long next = segment.resumeBehind(bad, segment.sizeBytes());
        for (long boundary :
                new long[] {recoveryPosition, provenPosition, segment.index().provenPosition()}) {
            if (boundary > bad) {
                next = Math.min(next, boundary);
            }
        }
        return next;
    }

    private void cut(Segment segment, long position, String why) throws IOException {
        long bytes = segment.sizeBytes() - position;
        Path savedAs = trySave(segment, position);
        segment.truncate(position);
        cuts.add(
                new RecoveryReport.Cut(segment.path(), position, segment.baseOffset() + position, bytes, why, savedAs));
    }

    /** A full disk must not keep the log from opening; what is cut was never acknowledged. */
    private Path trySave(Segment segment, long position) {
        try {
            return save(segment, position);
        } catch (IOException e) {
            LOG.warn("Could not save what is cut off file={} position={}", segment.path(), position, e);
            return null;
        }
    }

    /** Copies what will be cut beside the segment, so that nothing is destroyed; null when it is only zeros. */
    private Path save(Segment segment, long position) throws IOException {
        long size = segment.sizeBytes();
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(COPY_BYTES, size - position));
        if (isZeros(segment, position, buffer)) {
            return null;
        }
        Path target = segment.path()
                .resolveSibling(segment.path().getFileName() + ".cut-" + (segment.baseOffset() + position));
        if (disk.exists(target)) {
            disk.delete(target);
        }
        try (DiskFile copy = disk.create(target)) {
            for (long at = position; at < size; ) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), size - at));
                int read = segment.file().read(buffer, at);
                copy.write(buffer.flip(), at - position);
                at += read;
                if (read == 0) {
                    break;
                }
            }
            copy.force();
        }
        disk.forceDirectory(target.getParent());
        return target;
    }

    private static boolean isZeros(Segment segment, long position, ByteBuffer buffer) throws IOException {
        for (long at = position; at < segment.sizeBytes(); ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), segment.sizeBytes() - at));
            int read = segment.file().read(buffer, at);
            buffer.flip();
            while (buffer.hasRemaining()) {
                if (buffer.get() != 0) {
                    return false;
                }
            }
            if (read == 0) {
                return true;
            }
            at += read;
        }
        return true;
    }
}
