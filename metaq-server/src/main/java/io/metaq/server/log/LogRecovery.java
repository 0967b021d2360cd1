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
        if (!start.clean() && !segments.isEmpty()) {
            int last = segments.size() - 1;
            for (int i = 0; i <= last; i++) {
                Segment segment = segments.get(i);
                boolean unknownStart = start.recoveryPoint() < 0 && i < last;
                if (!unknownStart && segment.endOffset() > start.recoveryPoint()) {
                    scan(segment, i == last);
                }
            }
        }
        long first = segments.isEmpty() ? 0 : segments.get(0).baseOffset();
        long end = segments.isEmpty() ? 0 : segments.get(segments.size() - 1).endOffset();
        return new RecoveryReport(
                name, first, end, scannedRecords, scannedBytes, List.copyOf(cuts), List.copyOf(damage));
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
        long indexed = Math.min(index.provenPosition(), size);
        index.cutAtFirstDamage();
        long recoveryPosition = Math.max(0, start.recoveryPoint() - segment.baseOffset());
        long proven = last
                ? Math.max(Math.max(indexed, recoveryPosition), start.provenOffset() - segment.baseOffset())
                : size;
        long timestampMs = disk.lastModifiedMs(segment.path());
        if (index.coveredPosition() > size) {
            index.truncate(size);
        }
        long from = Math.min(segment.walkStart(Math.min(recoveryPosition, size)), recoveryPosition);
        RecordScanner scanner = new RecordScanner(segment.file(), from, size);
        while (true) {
            long runStart = scanner.position();
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
            scannedBytes += scanner.position() - runStart;
            if (scanner.problem() == null) {
                break;
            }
            long bad = scanner.position();
            if (bad >= proven) {
                cut(segment, bad, scanner.problem());
                break;
            }
            damage.add(new RecoveryReport.Damage(segment.path(), bad, segment.baseOffset() + bad, scanner.problem()));
            long next = resumeBehind(segment, bad, proven);
            if (next < 0) {
                break;
            }
            scanner.moveTo(next);
        }
        requireBlocksSound(segment, from);
        indexTail(segment, timestampMs);
    }

    /** Headers are covered by the index alone: a block whose CRC32C fails though its payloads are sound is damaged. */
    private void requireBlocksSound(Segment segment, long from) throws IOException {
        SparseIndex index = segment.index();
        for (int i = 0; i < index.count(); i++) {
            SparseIndex.Entry block = index.get(i);
            if (block.endPosition() <= from) {
                continue;
            }
            try {
                segment.verify(block.position(), block.endPosition());
            } catch (DamagedRecordException e) {
                if (damage.stream().noneMatch(known -> known.offset() == e.offset())) {
                    damage.add(new RecoveryReport.Damage(
                            segment.path(), e.offset() - segment.baseOffset(), e.offset(), e.getMessage()));
                }
            }
        }
    }

    /** The next place behind damage where a record can begin: behind its own length if that leads to one, or a block. */
    private long resumeBehind(Segment segment, long bad, long proven) throws IOException {
        long size = segment.sizeBytes();
        try {
            long end = segment.endOfRecordAt(bad, size);
            if (end == size || end < size && new RecordScanner(segment.file(), end, size).check()) {
                return end;
            }
        } catch (DamagedRecordException e) {
            LOG.debug("The damaged record's own length is of no use log={} position={}", name, bad, e);
        }
        SparseIndex index = segment.index();
        for (int i = 0; i < index.count(); i++) {
            long position = index.get(i).position();
            if (position > bad) {
                return position;
            }
        }
        return index.coveredPosition() > bad && index.coveredPosition() <= proven ? index.coveredPosition() : -1;
    }

    private void cut(Segment segment, long position, String why) throws IOException {
        long bytes = segment.sizeBytes() - position;
        Path savedAs = save(segment, position);
        segment.truncate(position);
        segment.file().force();
        cuts.add(
                new RecoveryReport.Cut(segment.path(), position, segment.baseOffset() + position, bytes, why, savedAs));
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

    /** Brings the index up to the file's end; blocks across damage are left out of it. */
    private void indexTail(Segment segment, long timestampMs) throws IOException {
        TailIndexer.index(segment, indexIntervalBytes, timestampMs);
    }
}
