// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.Disk;
import io.metaq.server.log.DiskFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sequential file that makes a group of appends to many logs durable with one force. The bytes are also written to the
 * logs' own files, which are forced lazily; after a crash the journal puts back what those files lack.
 *
 * <pre>
 *   block: position  bytes  field            big-endian
 *                 0      4  magic
 *                 4      4  bodyBytes
 *                 8      8  generation       of the file; rises each time a file is used again
 *                16      8  sequence         of the block in its generation, from 0
 *                24      4  checksum         CRC32C of the 24 bytes before and of the body
 *                28      n  body             entries, one after the other
 *   entry:               2  nameBytes, name in UTF-8; 8 offset; 4 length; the records
 * </pre>
 *
 * <p>Invariants: an entry begins where its log was durable before, so replaying the blocks in order leaves no gap; a
 * generation is used again only after every log in it has been forced by itself.
 *
 * <p>Threads: the log writer writes; the checkpointer retires. Files are allocated in full when first used, so that a force
 * writes data and no metadata.
 */
final class CommitJournal implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(CommitJournal.class);

    private static final int MAGIC = 0x4D514A31;
    private static final int CHECKSUM_POSITION = 24;
    private static final int HEADER_BYTES = CHECKSUM_POSITION + Integer.BYTES;
    private static final int SEARCH_BYTES = 1 << 20;
    private static final long ANY = -1;
    private static final int FILES = 2;
    private static final String SUFFIX = ".journal";

    private final Path directory;
    private final Disk disk;
    private final int fileBytes;
    private final List<JournalFile> files = new ArrayList<>();
    private final Set<LogHandle> dirty = new HashSet<>();
    private final Set<LogHandle> retiringLogs = new HashSet<>();
    private final Set<LogHandle> inBlock = new HashSet<>();
    private ByteBuffer block;
    private JournalFile current;
    private long generation;
    private long sequence;
    private Retiring full;
    private boolean broken;

    private static final class JournalFile {
        private final DiskFile file;
        private long position;
        private boolean free = true;

        JournalFile(DiskFile file) {
            this.file = file;
        }
    }

    /** A full file that is waiting for its logs to be forced. */
    record Retiring(Object file, Set<LogHandle> logs) {}

    CommitJournal(Path directory, int fileBytes, Disk disk) {
        // A start that no earlier run had, so that a block left by one can never pass for one of ours.
        this.generation = new SecureRandom().nextLong(1L << 62);
        this.directory = directory;
        this.fileBytes = fileBytes;
        this.disk = disk;
        this.block = ByteBuffer.allocateDirect(64 * 1024);
    }

    /**
     * A place in the journal that cannot be read.
     *
     * @param torn the last thing that was written: nobody was told that it is durable. Otherwise it was once durable
     */
    record Damage(Path file, long position, String what, boolean torn) {}

    /** Told of each entry that is replayed, in order. */
    @FunctionalInterface
    interface Replay {
        void entry(String log, long offset, ByteBuffer records) throws IOException;
    }

    /**
     * Hands every sound block's entries to {@code replay}, oldest first. A block that is not sound ends its file: it was
     * being written when the broker died, so nothing in it was acknowledged. Unless something was written after it: blocks
     * are forced one by one, so it was durable once and is damaged now, and the sound blocks behind it are replayed. Changes
     * no file. Returns the number of blocks.
     */
    long replay(Replay replay, Consumer<Damage> onDamage) throws IOException {
        record Found(Path path, long generation) {}
        List<Found> found = new ArrayList<>();
        for (Path path : disk.list(directory)) {
            if (path.getFileName().toString().endsWith(SUFFIX)) {
                try (DiskFile file = disk.open(path)) {
                    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
                    if (file.read(header, 0) == HEADER_BYTES && header.getLong(0) != 0) {
                        found.add(new Found(path, header.getLong(8)));
                    }
                }
            }
        }
        found.sort(Comparator.comparingLong(Found::generation));
        long blocks = 0;
        for (int i = 0; i < found.size(); i++) {
            Found next = found.get(i);
            try (DiskFile file = disk.open(next.path)) {
                blocks += replayFile(file, next.generation, i == found.size() - 1, replay, onDamage);
            }
        }
        return blocks;
    }

    private static long replayFile(
            DiskFile file, long generation, boolean newest, Replay replay, Consumer<Damage> onDamage)
            throws IOException {
        long blocks = 0;
        long position = 0;
        long expected = 0;
        while (true) {
            ByteBuffer read = readBlock(file, position, generation, expected);
            if (read != null) {
                replayBody(read, replay);
                position += read.limit();
                expected++;
                blocks++;
                continue;
            }
            Begun behind = findBlockBehind(file, position, generation, expected);
            if (behind == null) {
                judgeEnd(file, position, generation, expected, newest).ifPresent(onDamage);
                return blocks;
            }
            String what = "blocks " + expected + " to " + (behind.sequence - 1) + " are not sound, later ones are";
            onDamage.accept(new Damage(file.path(), position, what, false));
            position = behind.position;
            expected = behind.sequence;
        }
    }

    /** Where the sound blocks of a file end: what was begun behind them. */
    private static Optional<Damage> judgeEnd(
            DiskFile file, long position, long generation, long expected, boolean newest) throws IOException {
        if (position == 0 && findBlockBehind(file, 0, ANY, 0) != null) {
            String what = "the first block is not sound; those behind it may be of an earlier use and are left";
            return Optional.of(new Damage(file.path(), 0, what, false));
        }
        if (!isBegun(file, position, generation, expected)) {
            return Optional.empty();
        }
        String what = "block " + expected + " is not sound" + (newest ? "" : ", and a later file was begun after it");
        return Optional.of(new Damage(file.path(), position, what, newest));
    }

    /** An unsound header that most of the fields speak for; not what an earlier use of the file has left. */
    private static boolean isBegun(DiskFile file, long position, long generation, long expected) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        if (file.read(header, position) < HEADER_BYTES) {
            return false;
        }
        int matches = (header.getInt(0) == MAGIC ? 1 : 0)
                + (header.getLong(8) == generation ? 1 : 0)
                + (header.getLong(16) == expected ? 1 : 0);
        return matches >= 2 && readBlock(file, position, header.getLong(8), header.getLong(16)) == null;
    }

    /** Where a sound block begins, and which it is. */
    private record Begun(long position, long sequence) {}

    /** The first sound block of this generation, or {@link #ANY}, behind {@code position}; null when there is none. */
    private static Begun findBlockBehind(DiskFile file, long position, long generation, long sequence)
            throws IOException {
        ByteBuffer window = ByteBuffer.allocate(SEARCH_BYTES);
        long size = file.sizeBytes();
        for (long from = position + 1; from + HEADER_BYTES <= size; from += SEARCH_BYTES - HEADER_BYTES) {
            window.clear().limit((int) Math.min(SEARCH_BYTES, size - from));
            int read = file.read(window, from);
            for (int at = 0; at + HEADER_BYTES <= read; at++) {
                if (window.getInt(at) != MAGIC) {
                    continue;
                }
                long itsGeneration = window.getLong(at + 8);
                long itsSequence = window.getLong(at + 16);
                if ((generation == ANY || itsGeneration == generation)
                        && itsSequence > sequence
                        && readBlock(file, from + at, itsGeneration, itsSequence) != null) {
                    return new Begun(from + at, itsSequence);
                }
            }
        }
        return null;
    }

    private static void replayBody(ByteBuffer read, Replay replay) throws IOException {
        read.position(HEADER_BYTES);
        while (read.hasRemaining()) {
            byte[] name = new byte[read.getShort()];
            read.get(name);
            long offset = read.getLong();
            int length = read.getInt();
            replay.entry(new String(name, StandardCharsets.UTF_8), offset, read.slice(read.position(), length));
            read.position(read.position() + length);
        }
    }

    /** The whole block at {@code position}, or null when there is no sound one of this generation and sequence. */
    private static ByteBuffer readBlock(DiskFile file, long position, long generation, long sequence)
            throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        if (file.read(header, position) < HEADER_BYTES || header.getInt(0) != MAGIC) {
            return null;
        }
        int bodyBytes = header.getInt(4);
        boolean mine = header.getLong(8) == generation && header.getLong(16) == sequence;
        if (!mine || bodyBytes <= 0 || bodyBytes > file.sizeBytes() - position - HEADER_BYTES) {
            return null;
        }
        ByteBuffer whole = ByteBuffer.allocate(HEADER_BYTES + bodyBytes);
        if (file.read(whole, position) < whole.capacity()) {
            return null;
        }
        whole.flip();
        return checksum(whole) == whole.getInt(CHECKSUM_POSITION) ? whole : null;
    }

    private static int checksum(ByteBuffer block) {
        CRC32C crc = new CRC32C();
        crc.update(block.slice(0, CHECKSUM_POSITION));
        crc.update(block.slice(HEADER_BYTES, block.limit() - HEADER_BYTES));
        return (int) crc.getValue();
    }

    /** Starts a block. */
    void begin() {
        block.clear().position(HEADER_BYTES);
        inBlock.clear();
    }

    /** The logs that were added since {@link #begin}. */
    Set<LogHandle> logsInBlock() {
        return inBlock;
    }

    /** Adds what was appended to one log; copies the records. */
    void add(LogHandle log, long offset, ByteBuffer records) {
        byte[] name = log.journalKey();
        ensureRoom(Short.BYTES + name.length + Long.BYTES + Integer.BYTES + records.remaining());
        block.putShort((short) name.length).put(name).putLong(offset).putInt(records.remaining());
        block.put(records.duplicate());
        inBlock.add(log);
    }

    private void ensureRoom(int bytes) {
        if (block.remaining() < bytes) {
            ByteBuffer larger = ByteBuffer.allocateDirect(Math.max(block.capacity() * 2, block.position() + bytes));
            block = larger.put(block.flip());
        }
    }

    /** True when a block of about so many bytes can be written now, without waiting for the checkpointer. */
    boolean hasRoomFor(long bytes) {
        if (broken || bytes > fileBytes / 4) {
            return false;
        }
        synchronized (files) {
            return current != null && current.position + bytes <= fileBytes
                    || files.size() < FILES
                    || files.stream().anyMatch(file -> file.free);
        }
    }

    /**
     * (writer) Writes the block and forces it; on return all of it is durable. The logs in it are dirty until retired. After a
     * failed force the journal takes no more blocks: {@link #isBroken}.
     */
    void commit() throws IOException {
        int bytes = block.position();
        if (current == null || current.position + bytes > fileBytes) {
            rotate();
        }
        block.flip();
        block.putInt(0, MAGIC)
                .putInt(4, bytes - HEADER_BYTES)
                .putLong(8, generation)
                .putLong(16, sequence)
                .putInt(CHECKSUM_POSITION, checksum(block));
        current.file.write(block, current.position);
        try {
            current.file.force();
        } catch (IOException e) {
            broken = true;
            throw e;
        }
        current.position += bytes;
        sequence++;
        dirty.addAll(inBlock);
    }

    /** (writer) A force of the journal has failed: it is not used again before the broker restarts. */
    boolean isBroken() {
        return broken;
    }

    /** (writer) The file that has become full since the last call and must be retired; null when there is none. */
    Retiring takeFull() {
        Retiring taken = full;
        full = null;
        return taken;
    }

    private void rotate() throws IOException {
        JournalFile next = takeFreeFile();
        if (next == null) {
            next = allocate();
            synchronized (files) {
                files.add(next);
            }
        }
        if (current != null) {
            full = new Retiring(current, Set.copyOf(dirty));
            synchronized (files) {
                retiringLogs.addAll(full.logs());
            }
        }
        dirty.clear();
        current = next;
        current.position = 0;
        generation++;
        sequence = 0;
    }

    private JournalFile takeFreeFile() {
        synchronized (files) {
            for (JournalFile file : files) {
                if (file.free) {
                    file.free = false;
                    return file;
                }
            }
            return null;
        }
    }

    private JournalFile allocate() throws IOException {
        disk.createDirectories(directory);
        Path path = directory.resolve("%03d%s".formatted(files.size(), SUFFIX));
        DiskFile file = disk.exists(path) ? disk.open(path) : disk.create(path);
        boolean allocated = false;
        try {
            fillWithZeros(file);
            file.force();
            disk.forceDirectory(directory);
            disk.forceDirectory(directory.getParent());
            allocated = true;
        } finally {
            if (!allocated) {
                file.close();
            }
        }
        JournalFile fresh = new JournalFile(file);
        fresh.free = false;
        return fresh;
    }

    private void fillWithZeros(DiskFile file) throws IOException {
        ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
        for (long position = 0; position < fileBytes; position += zeros.capacity()) {
            zeros.clear().limit((int) Math.min(zeros.capacity(), fileBytes - position));
            file.write(zeros, position);
        }
    }

    /** All logs of that file have been forced by themselves: it may be used again. */
    void retired(Retiring retiring) {
        synchronized (files) {
            ((JournalFile) retiring.file()).free = true;
            retiringLogs.removeAll(retiring.logs());
        }
    }

    /** (writer) The logs some of whose bytes may only be safe through the journal. */
    Set<LogHandle> dirtyLogs() {
        Set<LogHandle> all = new HashSet<>(dirty);
        synchronized (files) {
            all.addAll(retiringLogs);
        }
        return all;
    }

    /**
     * Forgets everything that was ever journaled; durable on return. Every log must have been forced by itself before. Used
     * after recovery, at a clean stop, and before a log's history changes (deletion, truncation), so that old entries never
     * come back over it.
     */
    void reset() throws IOException {
        boolean any = false;
        for (Path path : disk.list(directory)) {
            if (path.getFileName().toString().endsWith(SUFFIX)) {
                try (DiskFile file = disk.open(path)) {
                    file.write(ByteBuffer.allocate((int) Math.min(HEADER_BYTES, file.sizeBytes())), 0);
                    file.force();
                }
                any = true;
            }
        }
        if (current != null) {
            // Blocks behind the wiped first one are unreachable: replay stops at the first that is not sound.
            synchronized (files) {
                current.free = true;
            }
            current = null;
        }
        dirty.clear();
        if (any) {
            LOG.debug("Reset commit journal directory={}", directory);
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (files) {
            for (JournalFile file : files) {
                file.file.close();
            }
            files.clear();
            current = null;
        }
    }
}
