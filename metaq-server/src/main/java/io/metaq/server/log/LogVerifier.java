// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * Checks the files of a log without changing them: every record, every index entry, every indexed block, and that the segments
 * follow each other. Needs no index, so it works on directories of MetaQ 1.4; but without one, a header whose length is
 * plausible has no checksum.
 *
 * <p>Not thread-safe; blocks on the disk. A broker may run meanwhile; then what it is just writing may look like a torn end.
 */
public final class LogVerifier {
    private static final int COPY_BYTES = 256 * 1024;

    public enum Kind {
        /** Stored bytes fail their checks, or are missing; they are not served. */
        DAMAGE,
        /** The last record of a log is not whole, and nothing proves that it ever was; the broker cuts it when it starts. */
        TORN,
        /** An index entry fails its check; the broker makes it again from the log. */
        INDEX
    }

    /**
     * One thing that is not as it should be.
     *
     * @param position in the file
     * @param offset in the log; -1 where the file is no part of one
     */
    public record Finding(Kind kind, Path file, long position, long offset, String what) {}

    private final Disk disk;
    private final Consumer<Finding> onFinding;
    private final LongConsumer onBytesRead;
    private long records;
    private long bytes;
    private long segments;

    /**
     * @param onFinding is told of each finding, in the order of files
     * @param onBytesRead is told now and then how many more bytes of segments have been checked
     */
    public LogVerifier(Disk disk, Consumer<Finding> onFinding, LongConsumer onBytesRead) {
        this.disk = disk;
        this.onFinding = onFinding;
        this.onBytesRead = onBytesRead;
    }

    /** Sound records so far. */
    public long records() {
        return records;
    }

    /** Bytes of segments so far. */
    public long bytes() {
        return bytes;
    }

    public long segments() {
        return segments;
    }

    /** Can {@link #verifyFile} check it? A segment, an archive that is not zipped, or what a recovery has cut off. */
    public static boolean holdsRecords(Path file) {
        return SegmentFileName.firstOffset(file).isPresent();
    }

    /** The bytes that {@link #verifyLog} will read. */
    public static long segmentBytes(Path directory, Disk disk) throws IOException {
        long sum = 0;
        for (Path file : segmentsIn(directory, disk)) {
            sum += disk.sizeBytes(file);
        }
        return sum;
    }

    private static List<Path> segmentsIn(Path directory, Disk disk) throws IOException {
        return disk.list(directory).stream()
                .filter(file -> SegmentFileName.baseOffset(file).isPresent())
                .toList();
    }

    /** Checks all segments of the log in this directory, and their indexes. */
    public void verifyLog(Path directory) throws IOException {
        List<Path> files = segmentsIn(directory, disk);
        for (int i = 0; i < files.size(); i++) {
            boolean last = i == files.size() - 1;
            long size = verify(files.get(i), last);
            if (!last) {
                requireAdjacent(files.get(i), size, files.get(i + 1));
            }
        }
    }

    private void requireAdjacent(Path file, long size, Path next) {
        long end = SegmentFileName.baseOffset(file).orElseThrow() + size;
        if (end != SegmentFileName.baseOffset(next).orElseThrow()) {
            String what = "ends at offset " + end + " but the next segment is " + next.getFileName();
            onFinding.accept(new Finding(Kind.DAMAGE, file, size, end, what));
        }
    }

    /** Checks one file that {@link #holdsRecords}, and its index where it has one. */
    public void verifyFile(Path file) throws IOException {
        boolean last = true;
        if (SegmentFileName.baseOffset(file).isPresent()) {
            List<Path> all = segmentsIn(file.toAbsolutePath().getParent(), disk);
            last = all.get(all.size() - 1).equals(file.toAbsolutePath());
        }
        verify(file, last);
    }

    /** Returns the bytes that were checked, the size when it began: a running broker may add to it. */
    private long verify(Path path, boolean last) throws IOException {
        OptionalLong base = SegmentFileName.firstOffset(path);
        if (base.isEmpty()) {
            throw new IllegalArgumentException(path + " holds no records");
        }
        // The index before the segment's size: entries are written behind their blocks.
        List<SparseIndex.Entry> blocks = SegmentFileName.baseOffset(path).isPresent() ? readIndex(path) : List.of();
        try (DiskFile file = disk.open(path)) {
            Walk walk = new Walk(file, base.getAsLong(), file.sizeBytes(), blocks, last);
            walk.checkRecords();
            walk.checkBlocks();
            segments++;
            return walk.size;
        }
    }

    private List<SparseIndex.Entry> readIndex(Path segment) throws IOException {
        Path index = SegmentFileName.indexOf(segment);
        return SparseIndex.readAll(
                index,
                disk,
                position -> onFinding.accept(
                        new Finding(Kind.INDEX, index, position, -1, "the entry is not whole or fails its checksum")));
    }

    /** Where the next record can be found: behind the damaged one's own length, or at the next block; else the end. */
    static long resumeBehind(DiskFile file, long bad, long size, List<SparseIndex.Entry> blocks) throws IOException {
        long end = blocks.stream()
                .mapToLong(SparseIndex.Entry::position)
                .filter(position -> position > bad && position < size)
                .findFirst()
                .orElse(size);
        long ownEnd = RecordScanner.trustworthyEnd(file, bad, end);
        return ownEnd >= 0 ? ownEnd : end;
    }

    /** One file's records and blocks. */
    private final class Walk {
        private final DiskFile file;
        private final long base;
        private final long size;
        private final List<SparseIndex.Entry> blocks;
        private final boolean last;
        private final List<Long> damagedAt = new ArrayList<>();

        Walk(DiskFile file, long base, long size, List<SparseIndex.Entry> blocks, boolean last) {
            this.file = file;
            this.base = base;
            this.size = size;
            this.blocks = blocks;
            this.last = last;
        }

        private void tell(Kind kind, long position, String what) {
            onFinding.accept(new Finding(kind, file.path(), position, base + position, what));
        }

        void checkRecords() throws IOException {
            RecordScanner scanner = new RecordScanner(file, 0, size);
            long told = 0;
            while (scanner.position() < size) {
                if (scanner.check()) {
                    records++;
                    scanner.advance();
                } else {
                    long bad = scanner.position();
                    long next = resumeBehind(bad);
                    boolean torn = last && next == size && bad >= provenPosition();
                    damagedAt.add(bad);
                    tell(torn ? Kind.TORN : Kind.DAMAGE, bad, scanner.problem() + skipped(bad, next));
                    scanner.moveTo(next);
                }
                if (scanner.position() - told >= COPY_BYTES) {
                    onBytesRead.accept(scanner.position() - told);
                    told = scanner.position();
                }
            }
            bytes += size;
            onBytesRead.accept(size - told);
        }

        private String skipped(long bad, long next) {
            return "; the next record that can be found is at position " + next + ", " + (next - bad) + " bytes behind";
        }

        private long provenPosition() {
            return blocks.isEmpty() ? 0 : blocks.get(blocks.size() - 1).endPosition();
        }

        private long resumeBehind(long bad) throws IOException {
            return LogVerifier.resumeBehind(file, bad, size, blocks);
        }

        /** Headers are covered by the index alone. */
        void checkBlocks() throws IOException {
            for (SparseIndex.Entry block : blocks) {
                if (block.endPosition() > size) {
                    tell(
                            Kind.DAMAGE,
                            size,
                            "the file ends here, but bytes up to position " + block.endPosition() + " were forced");
                    return;
                }
                boolean known = damagedAt.stream()
                        .anyMatch(position -> position >= block.position() && position < block.endPosition());
                if (!known && checksum(block) != block.checksum()) {
                    tell(
                            Kind.DAMAGE,
                            block.position(),
                            "a header between here and position " + block.endPosition() + " fails the index's CRC32C");
                }
            }
        }

        private int checksum(SparseIndex.Entry block) throws IOException {
            CRC32C crc = new CRC32C();
            ByteBuffer buffer = ByteBuffer.allocate(Math.min(block.bytes(), COPY_BYTES));
            for (long position = block.position(); position < block.endPosition(); ) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), block.endPosition() - position));
                int read = file.read(buffer, position);
                if (read == 0) {
                    throw new IOException(file.path() + " was shortened while it was read");
                }
                crc.update(buffer.flip());
                position += read;
            }
            return (int) crc.getValue();
        }
    }
}
