// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import io.metaq.record.RecordLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * One file of a log, with its index. Opened when first used; stays open while a reader holds it, even when retention has
 * deleted it.
 *
 * <p>Threads: the log writer appends and truncates the active one; any thread may read below {@link #sizeBytes}.
 */
final class Segment {
    private static final int WALK_BYTES = 4096;

    private final Disk disk;
    private final Path path;
    private final long baseOffset;
    private final SparseIndex index;
    private final VerifiedRanges verified = new VerifiedRanges();
    private volatile long sizeBytes;
    private volatile DiskFile file;
    private int references = 1;

    Segment(Disk disk, Path path, long baseOffset, long sizeBytes) {
        this.disk = disk;
        this.path = path;
        this.baseOffset = baseOffset;
        this.sizeBytes = sizeBytes;
        this.index = new SparseIndex(disk, SegmentFileName.indexOf(path));
    }

    static Segment create(Disk disk, Path directory, long baseOffset) throws IOException {
        Segment segment = new Segment(disk, directory.resolve(SegmentFileName.of(baseOffset)), baseOffset, 0);
        segment.file = disk.create(segment.path);
        return segment;
    }

    Path path() {
        return path;
    }

    SparseIndex index() {
        return index;
    }

    VerifiedRanges verified() {
        return verified;
    }

    long baseOffset() {
        return baseOffset;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    long endOffset() {
        return baseOffset + sizeBytes;
    }

    DiskFile file() throws IOException {
        DiskFile open = file;
        if (open == null) {
            synchronized (this) {
                if (file == null) {
                    file = disk.open(path);
                }
                open = file;
            }
        }
        return open;
    }

    /** A reader's hold; false when the segment has been deleted and closed already. */
    synchronized boolean acquire() {
        if (references == 0) {
            return false;
        }
        references++;
        return true;
    }

    synchronized void release() throws IOException {
        references--;
        if (references == 0) {
            if (file != null) {
                file.close();
            }
            index.close();
        }
    }

    /** Writes at the end; on a failure the file is as before, or a {@link LogOfflineException} says that it is not. */
    void append(ByteBuffer records) throws IOException {
        long start = sizeBytes;
        long end = start + records.remaining();
        try {
            file().write(records, start);
        } catch (IOException e) {
            undoAppend(e);
            throw e;
        }
        verified.add(start, end);
        sizeBytes = end;
    }

    private void undoAppend(IOException failure) throws LogOfflineException {
        try {
            if (file().sizeBytes() > sizeBytes) {
                file().truncate(sizeBytes);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
            throw new LogOfflineException(
                    path + ": a write failed at position " + sizeBytes + " and what it left could not be cut off",
                    failure);
        }
    }

    void truncate(long position) throws IOException {
        file().truncate(position);
        sizeBytes = position;
        verified.truncate(position);
        index.truncate(position);
    }

    /** The end of the record at {@code position}, a boundary. */
    long endOfRecordAt(long position, long limit) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(RecordLayout.HEADER_BYTES);
        return endOfRecord(header, position, limit);
    }

    private long endOfRecord(ByteBuffer header, long position, long limit) throws IOException {
        header.clear().limit((int) Math.min(header.capacity(), Math.max(0, limit - position)));
        int read = header.hasRemaining() ? file().read(header, position) : 0;
        header.position(0).limit(read);
        return checkedEnd(header, 0, position, limit);
    }

    private long checkedEnd(ByteBuffer bytes, int at, long position, long limit) throws DamagedRecordException {
        if (bytes.limit() - at < RecordLayout.HEADER_BYTES) {
            throw damaged(position, "no room for a header before position " + limit);
        }
        int payloadBytes = RecordLayout.payloadBytes(bytes, at);
        if (payloadBytes < 0 || payloadBytes > limit - position - RecordLayout.HEADER_BYTES) {
            throw damaged(position, "length " + payloadBytes + " does not fit");
        }
        return position + RecordLayout.recordBytes(payloadBytes);
    }

    /** The last boundary at or before {@code target}, and at or after {@code from}, which is a boundary. */
    long boundaryAtOrBefore(long from, long target, long limit) throws IOException {
        return walk(from, target, limit, false);
    }

    /** The first boundary at or after {@code target}, walking from {@code from}, a boundary before it. */
    long boundaryAtOrAfter(long from, long target, long limit) throws IOException {
        return walk(from, target, limit, true);
    }

    private long walk(long from, long target, long limit, boolean after) throws IOException {
        ByteBuffer window = ByteBuffer.allocate((int) Math.min(WALK_BYTES, Math.max(0, limit - from)));
        window.limit(0);
        long windowPosition = from;
        long position = from;
        while (position < target) {
            if (position < windowPosition || position + RecordLayout.HEADER_BYTES > windowPosition + window.limit()) {
                window.clear().limit((int) Math.min(window.capacity(), limit - position));
                int read = file().read(window, position);
                window.position(0).limit(read);
                windowPosition = position;
            }
            long end = checkedEnd(window, (int) (position - windowPosition), position, limit);
            if (end > target && !after) {
                return position;
            }
            position = end;
        }
        return position;
    }

    /** The boundary to walk from towards {@code position}: its block's start, or the file's. */
    long walkStart(long position) throws IOException {
        SparseIndex.Entry block = index.floor(position);
        if (block == null) {
            return 0;
        }
        return position >= block.endPosition() ? block.endPosition() : block.position();
    }

    /**
     * Checks the bytes from {@code from}, a boundary, up to {@code to}: whole blocks by the index's checksum, which covers
     * headers, the rest record by record. What is sound is trusted from then on.
     *
     * @throws DamagedRecordException for the first record that is not sound
     */
    void verify(long from, long to) throws IOException {
        long position = from;
        while (position < to) {
            position = Math.max(position, verified.endOfRangeAt(position));
            if (position >= to) {
                return;
            }
            SparseIndex.Entry block = index.floor(position);
            if (block != null && position < block.endPosition()) {
                verifyBlock(block);
                position = block.endPosition();
            } else {
                position = verifyRecord(position);
            }
        }
    }

    private void verifyBlock(SparseIndex.Entry block) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocate(Math.min(block.bytes(), 64 * 1024));
        long position = block.position();
        while (position < block.endPosition()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), block.endPosition() - position));
            int read = file().read(buffer, position);
            if (read == 0) {
                throw damaged(position, "the file ends inside an indexed block");
            }
            crc.update(buffer.flip());
            position += read;
        }
        if ((int) crc.getValue() == block.checksum()) {
            verified.add(block.position(), block.endPosition());
            return;
        }
        long sound = block.position();
        while (sound < block.endPosition()) {
            sound = verifyRecord(sound);
        }
        verified.truncate(block.position());
        throw damaged(
                block.position(),
                "a header in the block up to position " + block.endPosition() + " fails the index's CRC32C");
    }

    private long verifyRecord(long position) throws IOException {
        RecordScanner scanner = new RecordScanner(file(), position, sizeBytes);
        if (!scanner.check()) {
            throw damaged(position, scanner.problem() == null ? "the file ends here" : scanner.problem());
        }
        long end = position + scanner.recordBytes();
        verified.add(position, end);
        return end;
    }

    DamagedRecordException damaged(long position, String what) {
        return new DamagedRecordException(path, position, baseOffset + position, what);
    }
}
