// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The sidecar of one segment: where blocks of whole records begin, when they came, and a CRC32C over their raw bytes,
 * headers included.
 *
 * <pre>
 *   position  bytes  field            big-endian
 *          0      8  blockPosition    in the segment file; a record boundary
 *          8      8  timestampMs      of the block's first append
 *         16      4  blockBytes
 *         20      4  spanMs           from the first to the last append of the block
 *         24      4  blockChecksum    CRC32C of the block's bytes
 *         28      4  entryChecksum    CRC32C of the 28 bytes before
 * </pre>
 *
 * <p>Invariants: blocks follow each other without a gap from position 0; an entry is written only when its block has
 * been forced, so an entry in the file proves that its block was once durable.
 *
 * <p>Threads: the log writer adds, writes and truncates; any thread may look up.
 */
final class SparseIndex implements Closeable {
    static final int ENTRY_BYTES = 32;
    private static final int CHECKED_BYTES = ENTRY_BYTES - Integer.BYTES;
    private static final int MAX_PENDING = 64;

    /** One block; {@code position} and {@code endPosition} are in the segment file. */
    record Entry(long position, long timestampMs, int bytes, int spanMs, int checksum) {
        long endPosition() {
            return position + bytes;
        }

        long lastTimestampMs() {
            return timestampMs + spanMs;
        }
    }

    private static final Entry[] NO_ENTRIES = {};

    private final Disk disk;
    private final Path path;
    private DiskFile file;
    // Readers take pending first and the count second; the writer publishes in the other order, so none is ever missed.
    private volatile Entry[] pending = NO_ENTRIES;
    private volatile int writtenCount;
    private volatile boolean opened;

    SparseIndex(Disk disk, Path path) {
        this.disk = disk;
        this.path = path;
    }

    Path path() {
        return path;
    }

    /** Reads nothing but the file's size; a torn last entry is not counted. */
    private void ensureOpen() throws IOException {
        if (opened) {
            return;
        }
        synchronized (this) {
            if (!opened) {
                file = disk.exists(path) ? disk.open(path) : disk.create(path);
                writtenCount = (int) (file.sizeBytes() / ENTRY_BYTES);
                opened = true;
            }
        }
    }

    boolean existsOnDisk() {
        return disk.exists(path);
    }

    int count() throws IOException {
        ensureOpen();
        return writtenCount + pending.length;
    }

    /** The position up to which blocks are known, written or pending; entries that fail their checks are cut off. */
    long coveredPosition() throws IOException {
        Entry[] waiting = pending;
        if (waiting.length > 0) {
            return waiting[waiting.length - 1].endPosition();
        }
        return provenPosition();
    }

    /** The end of the last sound entry on file: everything before it was once forced. Cuts a torn or damaged tail off. */
    long provenPosition() throws IOException {
        ensureOpen();
        while (writtenCount > 0) {
            Entry last = read(writtenCount - 1);
            if (last != null) {
                return last.endPosition();
            }
            writtenCount--;
            file.truncate((long) writtenCount * ENTRY_BYTES);
        }
        return 0;
    }

    /**
     * Cuts the file off before its first entry that fails its check: unforced entries may survive a power loss without those
     * before them. What is cut can be made again from the log.
     */
    void cutAtFirstDamage() throws IOException {
        ensureOpen();
        for (int i = 0; i < writtenCount; i++) {
            if (read(i) == null) {
                writtenCount = i;
                file.truncate((long) i * ENTRY_BYTES);
            }
        }
    }

    /** Makes what was written durable: nobody looks at the entries of a sealed segment again before they are used. */
    void force() throws IOException {
        ensureOpen();
        file.force();
    }

    void add(Entry entry) {
        Entry[] longer = Arrays.copyOf(pending, pending.length + 1);
        longer[longer.length - 1] = entry;
        pending = longer;
    }

    /** Writes the waiting entries whose blocks lie below {@code forcedPosition}, when there are enough to be worth it. */
    void maybeWrite(long forcedPosition) throws IOException {
        if (pending.length >= MAX_PENDING) {
            write(forcedPosition);
        }
    }

    void write(long forcedPosition) throws IOException {
        Entry[] waiting = pending;
        int ready = 0;
        while (ready < waiting.length && waiting[ready].endPosition() <= forcedPosition) {
            ready++;
        }
        if (ready == 0) {
            return;
        }
        ensureOpen();
        ByteBuffer bytes = ByteBuffer.allocate(ready * ENTRY_BYTES);
        for (int i = 0; i < ready; i++) {
            encode(waiting[i], bytes);
        }
        file.write(bytes.flip(), (long) writtenCount * ENTRY_BYTES);
        writtenCount += ready;
        pending = Arrays.copyOfRange(waiting, ready, waiting.length);
    }

    /** Forgets all blocks that end beyond {@code position}. */
    void truncate(long position) throws IOException {
        ensureOpen();
        pending = Arrays.stream(pending)
                .filter(entry -> entry.endPosition() <= position)
                .toArray(Entry[]::new);
        int keep = writtenCount;
        while (keep > 0) {
            Entry entry = read(keep - 1);
            if (entry != null && entry.endPosition() <= position) {
                break;
            }
            keep--;
        }
        if (keep < writtenCount) {
            writtenCount = keep;
            file.truncate((long) keep * ENTRY_BYTES);
        }
    }

    /** Forgets everything; the log will be walked to fill it again. */
    void clear() throws IOException {
        ensureOpen();
        pending = NO_ENTRIES;
        writtenCount = 0;
        file.truncate(0);
    }

    /** The last block that begins at or before {@code position}; null when no block is known there. */
    Entry floor(long position) throws IOException {
        ensureOpen();
        Entry[] waiting = pending;
        for (int i = waiting.length - 1; i >= 0; i--) {
            if (waiting[i].position <= position) {
                return waiting[i];
            }
        }
        int low = 0;
        int high = writtenCount - 1;
        Entry found = null;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Entry entry = require(middle);
            if (entry.position <= position) {
                found = entry;
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return found;
    }

    /** The first block whose last append was at or after this time; null when there is none. */
    Entry firstNotBefore(long timestampMs) throws IOException {
        ensureOpen();
        Entry[] waiting = pending;
        int low = 0;
        int high = writtenCount - 1;
        Entry found = null;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Entry entry = require(middle);
            if (entry.lastTimestampMs() >= timestampMs) {
                found = entry;
                high = middle - 1;
            } else {
                low = middle + 1;
            }
        }
        if (found != null) {
            return found;
        }
        for (Entry entry : waiting) {
            if (entry.lastTimestampMs() >= timestampMs) {
                return entry;
            }
        }
        return null;
    }

    /** Entry {@code i} of the file and then of those that wait; throws when it fails its check. */
    Entry get(int i) throws IOException {
        ensureOpen();
        Entry[] waiting = pending;
        int written = writtenCount;
        return i < written ? require(i) : waiting[i - written];
    }

    private Entry require(int i) throws IOException {
        Entry entry = read(i);
        if (entry == null) {
            throw new DamagedIndexException(path, (long) i * ENTRY_BYTES);
        }
        return entry;
    }

    /** Null when the entry fails its check. */
    private Entry read(int i) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(ENTRY_BYTES);
        if (file.read(bytes, (long) i * ENTRY_BYTES) < ENTRY_BYTES) {
            return null;
        }
        bytes.flip();
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, CHECKED_BYTES));
        if (bytes.getInt(CHECKED_BYTES) != (int) crc.getValue()) {
            return null;
        }
        Entry entry =
                new Entry(bytes.getLong(0), bytes.getLong(8), bytes.getInt(16), bytes.getInt(20), bytes.getInt(24));
        return entry.position >= 0 && entry.bytes > 0 && entry.spanMs >= 0 ? entry : null;
    }

    private static void encode(Entry entry, ByteBuffer target) {
        int start = target.position();
        target.putLong(entry.position)
                .putLong(entry.timestampMs)
                .putInt(entry.bytes)
                .putInt(entry.spanMs)
                .putInt(entry.checksum);
        CRC32C crc = new CRC32C();
        crc.update(target.slice(start, CHECKED_BYTES));
        target.putInt((int) crc.getValue());
    }

    @Override
    public synchronized void close() throws IOException {
        if (opened) {
            file.close();
        }
    }
}
