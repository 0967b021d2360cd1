// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * <p>Invariants: blocks are in order and do not overlap; bytes between two blocks are not covered (their entry was lost, or
 * they are damaged); an entry is written only when its block has been forced, so an entry in the file proves that its block
 * was once durable. The file comes into being with its first entry.
 *
 * <p>Entries are not forced as they are written, so a power loss may leave holes: a look-up that meets one throws {@link
 * DamagedIndexException}; after {@link #dropDamaged} it goes on without them, and {@link #insert} takes what was made new.
 *
 * <p>Threads: the log writer adds, writes and truncates; any thread may look up and drop.
 */
final class SparseIndex implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(SparseIndex.class);

    static final int ENTRY_BYTES = 32;
    private static final int CHECKED_BYTES = ENTRY_BYTES - Integer.BYTES;
    private static final int MAX_PENDING = 64;
    private static final int READ_ENTRIES = 2048;

    /** One block; {@code position} and {@code endPosition} are in the segment file. */
    record Entry(long position, long timestampMs, int bytes, int spanMs, int checksum) {
        long endPosition() {
            return position + bytes;
        }

        long lastTimestampMs() {
            return timestampMs + spanMs;
        }
    }

    private final Disk disk;
    private final Path path;
    /** Look-ups hold it for reading; whoever rewrites entries in place holds it for writing. */
    private final ReadWriteLock rewriting = new ReentrantReadWriteLock();

    private volatile DiskFile file;
    // Readers take pending first and the count second; the writer publishes in the other order, so none is ever missed.
    private volatile PendingEntries pending = PendingEntries.NONE;
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
    void ensureOpen() throws IOException {
        if (opened) {
            return;
        }
        synchronized (this) {
            if (!opened) {
                if (disk.exists(path)) {
                    file = disk.open(path);
                    writtenCount = (int) (file.sizeBytes() / ENTRY_BYTES);
                }
                opened = true;
            }
        }
    }

    /** The end of the last block that is known, written or pending; entries at the end that fail their checks are cut. */
    long coveredPosition() throws IOException {
        PendingEntries waiting = pending;
        return waiting.count() > 0 ? waiting.get(waiting.count() - 1).endPosition() : provenPosition();
    }

    /** The end of the last sound entry on file: its block was once forced. Cuts a torn or damaged tail off. */
    synchronized long provenPosition() throws IOException {
        ensureOpen();
        while (writtenCount > 0) {
            Entry last = read(writtenCount - 1);
            if (last != null) {
                return last.endPosition();
            }
            LOG.warn(
                    "Cut a damaged index entry off file={} position={}", path, (long) (writtenCount - 1) * ENTRY_BYTES);
            keepWritten(writtenCount - 1);
        }
        return 0;
    }

    /** The time of the newest append that is known here; {@link Long#MIN_VALUE} when none is. */
    long newestTimestampMs() throws IOException {
        PendingEntries waiting = pending;
        if (waiting.count() > 0) {
            return waiting.get(waiting.count() - 1).lastTimestampMs();
        }
        return provenPosition() == 0
                ? Long.MIN_VALUE
                : require(writtenCount - 1).lastTimestampMs();
    }

    void add(Entry entry) {
        pending = pending.with(entry);
    }

    /** Writes the waiting entries whose blocks lie below {@code forcedPosition}, when there are enough to be worth it. */
    void maybeWrite(long forcedPosition) throws IOException {
        if (pending.count() >= MAX_PENDING) {
            write(forcedPosition);
        }
    }

    synchronized void write(long forcedPosition) throws IOException {
        PendingEntries waiting = pending;
        int ready = 0;
        while (ready < waiting.count() && waiting.get(ready).endPosition() <= forcedPosition) {
            ready++;
        }
        if (ready == 0) {
            return;
        }
        ensureOpen();
        if (file == null) {
            file = disk.create(path);
        }
        ByteBuffer bytes = ByteBuffer.allocate(ready * ENTRY_BYTES);
        for (int i = 0; i < ready; i++) {
            encode(waiting.get(i), bytes);
        }
        file.write(bytes.flip(), (long) writtenCount * ENTRY_BYTES);
        writtenCount += ready;
        pending = waiting.without(ready);
    }

    /** What was written is durable on return. */
    void force() throws IOException {
        if (file != null) {
            file.force();
        }
    }

    /** Forgets all blocks that end beyond {@code position}; durable on return. */
    void truncate(long position) throws IOException {
        ensureOpen();
        rewriting.writeLock().lock();
        try {
            synchronized (this) {
                pending = pending.endingAtMost(position);
                int keep = writtenCount;
                while (keep > 0) {
                    Entry entry = read(keep - 1);
                    if (entry != null && entry.endPosition() <= position) {
                        break;
                    }
                    keep--;
                }
                if (keep < writtenCount) {
                    keepWritten(keep);
                    force();
                }
            }
        } finally {
            rewriting.writeLock().unlock();
        }
    }

    private void keepWritten(int count) throws IOException {
        writtenCount = count;
        file.truncate((long) count * ENTRY_BYTES);
    }

    /**
     * Takes out every written entry that fails its check or does not follow the one before. Their blocks are from then on
     * not covered. Returns where in the file they were.
     */
    List<Long> dropDamaged() throws IOException {
        ensureOpen();
        rewriting.writeLock().lock();
        try {
            synchronized (this) {
                List<Long> damagedAt = new ArrayList<>();
                List<Entry> sound = soundEntries(damagedAt);
                if (!damagedAt.isEmpty()) {
                    rewrite(sound);
                }
                return damagedAt;
            }
        } finally {
            rewriting.writeLock().unlock();
        }
    }

    /** The entries on file, in order, without those that fail their check. */
    synchronized List<Entry> written() throws IOException {
        ensureOpen();
        return soundEntries(new ArrayList<>());
    }

    /** Adds entries for forced blocks that lie before or between the written ones. */
    void insert(List<Entry> between) throws IOException {
        if (between.isEmpty()) {
            return;
        }
        rewriting.writeLock().lock();
        try {
            synchronized (this) {
                List<Entry> all = new ArrayList<>(soundEntries(new ArrayList<>()));
                all.addAll(between);
                all.sort(Comparator.comparingLong(Entry::position));
                rewrite(all);
            }
        } finally {
            rewriting.writeLock().unlock();
        }
    }

    private void rewrite(List<Entry> entries) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(entries.size() * ENTRY_BYTES);
        entries.forEach(entry -> encode(entry, bytes));
        file.write(bytes.flip(), 0);
        keepWritten(entries.size());
    }

    private List<Entry> soundEntries(List<Long> damagedAt) throws IOException {
        List<Entry> sound = new ArrayList<>();
        long end = 0;
        ByteBuffer bytes = ByteBuffer.allocate(READ_ENTRIES * ENTRY_BYTES);
        for (int first = 0; first < writtenCount; first += READ_ENTRIES) {
            bytes.clear().limit(Math.min(READ_ENTRIES, writtenCount - first) * ENTRY_BYTES);
            file.read(bytes, (long) first * ENTRY_BYTES);
            bytes.flip();
            for (int at = 0; at + ENTRY_BYTES <= bytes.limit(); at += ENTRY_BYTES) {
                Entry entry = decode(bytes.slice(at, ENTRY_BYTES));
                if (entry != null && entry.position >= end) {
                    sound.add(entry);
                    end = entry.endPosition();
                } else {
                    damagedAt.add((long) first * ENTRY_BYTES + at);
                }
            }
        }
        return sound;
    }

    /** The last block that begins at or before {@code position}; null when no block is known there. */
    Entry floor(long position) throws IOException {
        ensureOpen();
        rewriting.readLock().lock();
        try {
            PendingEntries waiting = pending;
            int i = waiting.lastBeginningAtMost(position);
            if (i >= 0) {
                return waiting.get(i);
            }
            i = search(writtenCount, entry -> entry.position > position) - 1;
            return i < 0 ? null : require(i);
        } finally {
            rewriting.readLock().unlock();
        }
    }

    /** The first block that begins behind {@code position}; null when there is none. */
    Entry higher(long position) throws IOException {
        ensureOpen();
        rewriting.readLock().lock();
        try {
            PendingEntries waiting = pending;
            int written = writtenCount;
            int i = search(written, entry -> entry.position > position);
            if (i < written) {
                return require(i);
            }
            i = waiting.lastBeginningAtMost(position) + 1;
            return i < waiting.count() ? waiting.get(i) : null;
        } finally {
            rewriting.readLock().unlock();
        }
    }

    /**
     * The position behind all blocks whose appends were all before this time: the block that follows, or the bytes that no
     * block covers, may be younger. -1 when all blocks are older.
     */
    long firstNotBefore(long timestampMs) throws IOException {
        ensureOpen();
        rewriting.readLock().lock();
        try {
            PendingEntries waiting = pending;
            int written = writtenCount;
            int i = search(written, entry -> entry.lastTimestampMs() >= timestampMs);
            if (i < written) {
                return i == 0 ? 0 : require(i - 1).endPosition();
            }
            long before = i == 0 ? 0 : require(i - 1).endPosition();
            for (int j = 0; j < waiting.count(); j++) {
                Entry entry = waiting.get(j);
                if (entry.lastTimestampMs() >= timestampMs) {
                    return before;
                }
                before = entry.endPosition();
            }
            return -1;
        } finally {
            rewriting.readLock().unlock();
        }
    }

    /** The first of the written entries that {@code isBeyond} holds for, as for all after it; {@code count} when none. */
    private int search(int count, Predicate<Entry> isBeyond) throws IOException {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isBeyond.test(require(middle))) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
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
        return file.read(bytes, (long) i * ENTRY_BYTES) < ENTRY_BYTES ? null : decode(bytes.flip());
    }

    /** Null when the entry, at the buffer's start, fails its check. */
    static Entry decode(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(0, CHECKED_BYTES));
        if (bytes.getInt(CHECKED_BYTES) != (int) crc.getValue()) {
            return null;
        }
        Entry entry =
                new Entry(bytes.getLong(0), bytes.getLong(8), bytes.getInt(16), bytes.getInt(20), bytes.getInt(24));
        return entry.position >= 0 && entry.bytes > 0 && entry.spanMs >= 0 ? entry : null;
    }

    /**
     * The sound entries of an index file, read without changing it; empty when there is none.
     *
     * @param onDamaged is told the position of each that is not sound
     */
    static List<Entry> readAll(Path path, Disk disk, LongConsumer onDamaged) throws IOException {
        if (!disk.exists(path)) {
            return List.of();
        }
        List<Entry> sound = new ArrayList<>();
        try (DiskFile file = disk.open(path)) {
            long size = file.sizeBytes();
            long end = 0;
            ByteBuffer bytes = ByteBuffer.allocate(READ_ENTRIES * ENTRY_BYTES);
            for (long from = 0; from < size; from += bytes.capacity()) {
                int read = file.read(bytes.clear(), from);
                for (int at = 0; at < read; at += ENTRY_BYTES) {
                    Entry entry = at + ENTRY_BYTES > read ? null : decode(bytes.slice(at, ENTRY_BYTES));
                    if (entry != null && entry.position >= end) {
                        sound.add(entry);
                        end = entry.endPosition();
                    } else {
                        onDamaged.accept(from + at);
                    }
                }
            }
        }
        return sound;
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
        opened = true;
        if (file != null) {
            file.close();
        }
    }
}
