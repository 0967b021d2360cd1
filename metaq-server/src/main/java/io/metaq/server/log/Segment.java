// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import io.metaq.record.RecordLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file of a log, with its index. Opened when first used; stays open while a reader holds it, even when retention has
 * deleted it.
 *
 * <p>Threads: the log writer appends and truncates the active one; any thread may read below {@link #sizeBytes}.
 */
final class Segment {
    private static final Logger LOG = LoggerFactory.getLogger(Segment.class);
    private static final int WALK_BYTES = 4096;
    private static final int COPY_BYTES = 64 * 1024;

    private final Disk disk;
    private final Path path;
    private final long baseOffset;
    private final SparseIndex index;
    private final VerifiedRanges verified = new VerifiedRanges();
    private volatile long sizeBytes;
    private volatile DiskFile file;
    /** Held while index entries are made from the log; apart from the index's own locks, which readers need meanwhile. */
    private final Object indexingLock = new Object();

    private volatile boolean indexed;
    private int references = 1;
    /** Held across a force, so that no second one can begin, and succeed for nothing, while a first one fails. */
    private final Object forceLock = new Object();

    private IOException forceFailure;

    Segment(Disk disk, Path path, long baseOffset, long sizeBytes) {
        this.disk = disk;
        this.path = path;
        this.baseOffset = baseOffset;
        this.sizeBytes = sizeBytes;
        this.index = new SparseIndex(disk, SegmentFileName.indexOf(path));
    }

    /** Creates an empty segment; durable on return. What a roll that failed half way left under its names is replaced. */
    static Segment create(Disk disk, Path directory, long baseOffset) throws IOException {
        Path path = directory.resolve(SegmentFileName.of(baseOffset));
        Path index = SegmentFileName.indexOf(path);
        if (disk.exists(index)) {
            disk.delete(index);
            disk.forceDirectory(directory);
        }
        if (disk.exists(path) && disk.sizeBytes(path) == 0) {
            disk.delete(path);
        }
        Segment segment = new Segment(disk, path, baseOffset, 0);
        segment.file = disk.create(path);
        try {
            disk.forceDirectory(directory);
        } catch (IOException e) {
            segment.file.close();
            throw e;
        }
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

    /**
     * fdatasync. Throws for ever after it has failed once: the failed one may have dropped what this one would be asked for.
     */
    void force() throws IOException {
        DiskFile open = file();
        synchronized (forceLock) {
            if (forceFailure != null) {
                throw new LogOfflineException(
                        path + ": a force has failed before: " + forceFailure.getMessage(), forceFailure);
            }
            try {
                open.force();
            } catch (IOException e) {
                forceFailure = e;
                throw new LogOfflineException(
                        path + ": the force failed, what it was to cover may be lost: " + e.getMessage(), e);
            }
        }
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

    /** Forced, because a power loss must not bring back whole records that somebody was told are not stored. */
    private void undoAppend(IOException failure) throws LogOfflineException {
        try {
            if (file().sizeBytes() > sizeBytes) {
                file().truncate(sizeBytes);
                force();
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
            throw new LogOfflineException(
                    path + ": a write failed at position " + sizeBytes + " and what it left could not be cut off: "
                            + failure.getMessage(),
                    failure);
        }
    }

    /** Cuts the file; durable on return. The index goes first: an entry must never outlive its block. */
    void truncate(long position) throws IOException {
        index.truncate(position);
        verified.truncate(position);
        sizeBytes = position;
        file().truncate(position);
        force();
    }

    /** Opens what a reader that has this, but has not read yet, could not open any more; no index file is made from now on. */
    void prepareRetirement() throws IOException {
        file();
        index.ensureOpen();
        synchronized (indexingLock) {
            indexed = true;
        }
    }

    /** Brings the index of a sealed segment up to its end, once; segments of MetaQ 1.4 have none before. */
    void ensureIndexed(int intervalBytes) throws IOException {
        if (indexed) {
            return;
        }
        synchronized (indexingLock) {
            if (!indexed) {
                TailIndexer.indexAround(this, intervalBytes, disk.lastModifiedMs(path));
                index.write(sizeBytes);
                index.force();
                indexed = true;
            }
        }
    }

    /** Something that looks into the index; may be run twice. */
    interface IndexedRead<T> {
        T run() throws IOException;
    }

    /** Where the read meets a damaged entry the index is repaired from the log, and the read done again. */
    <T> T withSoundIndex(int intervalBytes, IndexedRead<T> read) throws IOException {
        try {
            return read.run();
        } catch (DamagedIndexException e) {
            LOG.debug("A read met a damaged index entry", e);
            repairIndex(intervalBytes);
            return read.run();
        }
    }

    /**
     * Takes damaged index entries out and covers the gaps between sound ones from the log again. An index is worth nothing
     * beside the log, but without it damage to headers would go unseen.
     */
    void repairIndex(int intervalBytes) throws IOException {
        synchronized (indexingLock) {
            List<Long> damagedAt = index.dropDamaged();
            if (damagedAt.isEmpty()) {
                return;
            }
            List<SparseIndex.Entry> made = TailIndexer.coverGaps(this, index.written(), intervalBytes);
            index.insert(made);
            indexed = false; // the last entries may be among the lost ones
            LOG.warn(
                    "Rebuilt damaged index entries from the log file={} positions={} made={}",
                    index.path(),
                    damagedAt,
                    made.size());
        }
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

    /**
     * The last boundary at or before {@code target}, and at or after {@code from}, which is a boundary. Where the walk meets
     * damage it ends.
     */
    long boundaryAtOrBefore(long from, long target, long limit) throws IOException {
        try {
            return walk(from, target, limit, false);
        } catch (DamagedRecordException e) {
            return e.offset() - baseOffset;
        }
    }

    /**
     * The first boundary at or after {@code target}, walking from {@code from}, a boundary before it, around damage. Only
     * over bytes that are checked, or are checked now: a damaged length leads anywhere.
     */
    long boundaryAtOrAfter(long from, long target, long limit) throws IOException {
        long position = from;
        while (position < target) {
            try {
                if (verified.endOfRangeAt(position) == position) {
                    verify(position, position + 1);
                }
                long trusted = Math.min(limit, verified.endOfRangeAt(position));
                position = walk(position, Math.min(target, trusted), trusted, true);
            } catch (DamagedRecordException e) {
                position = resumeBehind(e.offset() - baseOffset, limit);
            }
        }
        return position;
    }

    /**
     * The next place behind a damaged record where one can begin: behind its own length if that leads to sound records or to
     * the limit, or the next block; {@code limit} when there is none.
     */
    long resumeBehind(long bad, long limit) throws IOException {
        SparseIndex.Entry next = index.higher(bad);
        long end = next == null ? limit : Math.min(limit, next.position());
        long ownEnd = RecordScanner.trustworthyEnd(file(), bad, end);
        return ownEnd >= 0 ? ownEnd : end;
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
        long position = verified.endOfRangeAt(from);
        while (position < to) {
            SparseIndex.Entry block = index.floor(position);
            if (block != null && position < block.endPosition()) {
                verifyBlock(block, position);
            } else {
                SparseIndex.Entry next = index.higher(position);
                verifyRecords(position, next == null ? to : Math.min(to, next.position()));
            }
            position = verified.endOfRangeAt(position);
        }
    }

    private void verifyBlock(SparseIndex.Entry block, long wanted) throws IOException {
        if (checksumOf(block) == block.checksum()) {
            verified.add(block.position(), block.endPosition());
            return;
        }
        salvage(block);
        if (verified.endOfRangeAt(wanted) == wanted) {
            throw damaged(wanted, whatIsWrongAt(wanted, block.endPosition()));
        }
    }

    private int checksumOf(SparseIndex.Entry block) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocate(Math.min(block.bytes(), COPY_BYTES));
        for (long position = block.position(); position < block.endPosition(); ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), block.endPosition() - position));
            int read = file().read(buffer, position);
            if (read == 0) {
                throw damaged(position, "the file ends inside an indexed block");
            }
            crc.update(buffer.flip());
            position += read;
        }
        return (int) crc.getValue();
    }

    /**
     * A block fails: when payload checksums of its own records say which one is to blame, the others are trusted. When none
     * is to blame, some header is damaged, nobody knows which, and the whole block stays unserved.
     */
    private void salvage(SparseIndex.Entry block) throws IOException {
        RecordScanner scanner = new RecordScanner(file(), block.position(), block.endPosition());
        VerifiedRanges sound = new VerifiedRanges();
        boolean foundCulprit = false;
        while (scanner.position() < block.endPosition()) {
            if (scanner.check()) {
                sound.add(scanner.position(), scanner.position() + scanner.recordBytes());
                scanner.advance();
            } else {
                foundCulprit = true;
                scanner.moveTo(resumeBehind(scanner.position(), block.endPosition()));
            }
        }
        if (foundCulprit) {
            verified.addAll(sound);
        }
    }

    private String whatIsWrongAt(long position, long limit) throws IOException {
        RecordScanner scanner = new RecordScanner(file(), position, limit);
        return scanner.check()
                ? "a header in the block up to position " + limit + " fails the index's CRC32C"
                : scanner.problem();
    }

    /** At least the first record. */
    private void verifyRecords(long from, long to) throws IOException {
        RecordScanner scanner = new RecordScanner(file(), from, sizeBytes);
        while (scanner.position() < to) {
            if (!scanner.check()) {
                verified.add(from, scanner.position());
                throw damaged(scanner.position(), scanner.problem() == null ? "the file ends here" : scanner.problem());
            }
            scanner.advance();
        }
        verified.add(from, scanner.position());
    }

    DamagedRecordException damaged(long position, String what) {
        return new DamagedRecordException(path, position, baseOffset + position, what);
    }
}
