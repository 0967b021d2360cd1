// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import io.metaq.record.RecordLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Shows what a file holds, record by record, without changing it. Damage is shown where it is, and passed. */
public final class LogDump {
    private final Disk disk;

    public LogDump(Disk disk) {
        this.disk = disk;
    }

    /**
     * A sound record.
     *
     * @param offset in the log
     * @param position in the file
     * @param messageCount 1, or for a wrapper the messages inside
     * @param payload attribute block included
     */
    public record Dumped(
            long offset, long position, long messageId, int flag, int checksum, int messageCount, ByteBuffer payload) {}

    /** Told of each record, in order. */
    public interface Visitor {
        void onRecord(Dumped dumped) throws IOException;

        /** @param bytes that are passed, up to where the next record can be found */
        void onDamage(long offset, long position, long bytes, String what) throws IOException;
    }

    /**
     * Shows at most {@code count} records, and damage between them, from the first that begins at or after {@code fromOffset}.
     *
     * @param path of a segment, an archive that is not zipped, or what a recovery has cut off
     */
    public void dump(Path path, long fromOffset, long count, Visitor visitor) throws IOException {
        long base = SegmentFileName.firstOffset(path)
                .orElseThrow(() -> new IllegalArgumentException(path + " holds no records"));
        try (DiskFile file = disk.open(path)) {
            long size = file.sizeBytes();
            List<SparseIndex.Entry> blocks = indexOf(path);
            RecordScanner scanner = new RecordScanner(file, startOfWalk(blocks, fromOffset - base), size);
            long shown = 0;
            while (shown < count && scanner.position() < size) {
                long position = scanner.position();
                boolean wanted = base + position >= fromOffset;
                if (scanner.check()) {
                    if (wanted) {
                        visitor.onRecord(read(file, base, scanner));
                        shown++;
                    }
                    scanner.advance();
                } else {
                    long next = LogVerifier.resumeBehind(file, position, size, blocks);
                    if (wanted) {
                        visitor.onDamage(base + position, position, next - position, scanner.problem());
                    }
                    scanner.moveTo(next);
                }
            }
        }
    }

    private List<SparseIndex.Entry> indexOf(Path path) throws IOException {
        return SegmentFileName.baseOffset(path).isPresent()
                ? SparseIndex.readAll(SegmentFileName.indexOf(path), disk, position -> {})
                : List.of();
    }

    /** A boundary before {@code position}. */
    private static long startOfWalk(List<SparseIndex.Entry> blocks, long position) {
        return blocks.stream()
                .mapToLong(SparseIndex.Entry::position)
                .filter(start -> start <= position)
                .max()
                .orElse(0);
    }

    private static Dumped read(DiskFile file, long base, RecordScanner scanner) throws IOException {
        long position = scanner.position();
        ByteBuffer record = ByteBuffer.allocate(scanner.recordBytes());
        if (file.read(record, position) < record.capacity()) {
            throw new IOException(file.path() + " was shortened while it was read");
        }
        return new Dumped(
                base + position,
                position,
                scanner.messageId(),
                scanner.flag(),
                RecordLayout.checksum(record, 0),
                scanner.messageCount(),
                record.flip().position(RecordLayout.HEADER_BYTES).slice());
    }
}
