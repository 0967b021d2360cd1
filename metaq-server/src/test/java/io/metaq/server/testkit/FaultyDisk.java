// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.testkit;

import io.metaq.server.log.Disk;
import io.metaq.server.log.DiskFile;
import io.metaq.server.log.NioDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A disk that loses power and has faults, in the process. What a running program sees lies in real files below a temporary
 * directory, so {@link DiskFile#channel} works and is the real file's (faults of reading do not reach it). Beside, this
 * keeps what the platter would have: bytes get there by {@link DiskFile#force}, names by {@link #forceDirectory}. {@link
 * #crash} puts the real files back to what a power loss leaves, and every open file fails from then on.
 *
 * <p>Stricter than most file systems: a forced file whose directory was not forced may be gone; a move, a creation and a
 * deletion in one directory may survive in any combination (each by itself is atomic). Files and directories that were
 * there before this disk touched them count as durable; what others write beside it is left alone.
 *
 * <p>Threads: safe for all. Nothing here sleeps: a slow force is one that {@link #beforeForce} holds back.
 */
public final class FaultyDisk implements Disk {
    /** What reads see after a force has failed; file systems differ. */
    public enum AfterFailedForce {
        /** The bytes stay in the page cache, marked clean: reads see them until the power goes. */
        PAGES_STAY,
        /** The cache drops them: reads see the old bytes at once. */
        PAGES_REVERT
    }

    /** The power went away; nothing works before {@link #crash}. */
    public static final class PowerIsOffException extends IOException {
        private static final long serialVersionUID = 1L;

        PowerIsOffException() {
            super("the power is off");
        }
    }

    /** A name that now stands for a file, for a directory (no contents), or for nothing. */
    private record Entry(boolean directory, FileContents contents) {}

    /** One atomic change of names, not durable before each of these directories has been forced. */
    private record NameChange(Set<Path> unforcedDirectories, Map<Path, Optional<Entry>> entries) {
        void applyTo(Map<Path, Entry> names) {
            entries.forEach((path, entry) -> entry.ifPresentOrElse(e -> names.put(path, e), () -> names.remove(path)));
        }
    }

    private static final Entry DIRECTORY = new Entry(true, null);

    private final NioDisk real = new NioDisk();
    private final Map<Path, Entry> live = new HashMap<>();
    // Sorted, so that a seed draws the same fates each time.
    private final Map<Path, Entry> durable = new TreeMap<>();
    private final List<NameChange> unforcedNames = new ArrayList<>();
    private final Set<Path> touched = new HashSet<>();
    private final Set<Handle> open = new HashSet<>();
    private long sequence;
    private long lastWrite;

    private volatile Consumer<Path> beforeForce = path -> {};
    private Predicate<Path> failingForces = path -> false;
    private int forcesToFail;
    private AfterFailedForce afterFailedForce = AfterFailedForce.PAGES_STAY;
    private Predicate<Path> failingReads = path -> false;
    private Predicate<Path> failingDeletes = path -> false;
    private long roomBytes = Long.MAX_VALUE;
    private boolean readOnly;
    private long operationsUntilPowerOff = Long.MAX_VALUE;
    private boolean powerOff;

    private long bytesRead;
    private long forces;
    private long operations;

    // Faults.

    /** The next {@code times} forces of such files fail with EIO; what was unforced then is never written any more. */
    public synchronized void failForces(int times, AfterFailedForce then, Predicate<Path> which) {
        forcesToFail = times;
        afterFailedForce = then;
        failingForces = which;
    }

    /** Reads of such files fail with EIO until {@link #heal}; not those through {@link DiskFile#channel}. */
    public synchronized void failReads(Predicate<Path> which) {
        failingReads = which;
    }

    /** Deleting such files fails with EIO until {@link #heal}. */
    public synchronized void failDeletes(Predicate<Path> which) {
        failingDeletes = which;
    }

    /** Files may grow by so many bytes together, then ENOSPC with a part written. Deleting and truncating gives room. */
    public synchronized void limitRoom(long bytes) {
        roomBytes = bytes;
    }

    /** Remounted read only: every change fails with EROFS. */
    public synchronized void makeReadOnly() {
        readOnly = true;
    }

    /** Runs in each force before it begins, on its thread; may wait. */
    public void beforeForce(Consumer<Path> hook) {
        beforeForce = hook;
    }

    /** The power goes away before the change that follows the next {@code operations} ones; then call {@link #crash}. */
    public synchronized void powerOffAfter(long operationCount) {
        operationsUntilPowerOff = operationCount;
    }

    /** No faults from now on; what they have done stays. */
    public synchronized void heal() {
        failingForces = path -> false;
        forcesToFail = 0;
        failingReads = path -> false;
        failingDeletes = path -> false;
        roomBytes = Long.MAX_VALUE;
        readOnly = false;
        beforeForce = path -> {};
    }

    // What happened.

    /** Bytes that {@link DiskFile#read} gave since this disk was made. */
    public synchronized long bytesRead() {
        return bytesRead;
    }

    /** Forces of files that were begun since this disk was made. */
    public synchronized long forces() {
        return forces;
    }

    /** Changes and forces since this disk was made: the places where the power can go away. */
    public synchronized long operations() {
        return operations;
    }

    // Power loss.

    /** Power goes and comes back: leaves what {@code loss} lets survive, with no faults, and fails every open file. */
    public synchronized void crash(PowerLoss loss) throws IOException {
        for (Handle handle : open) {
            handle.crashed = true;
            handle.file.close();
        }
        open.clear();
        for (NameChange change : unforcedNames) {
            if (loss.keepsNameChange()) {
                change.applyTo(durable);
            }
        }
        unforcedNames.clear();
        durable.keySet().removeIf(this::isInLostDirectory);
        Map<FileContents, byte[]> survivors = new HashMap<>();
        for (Entry entry : durable.values()) {
            if (!entry.directory) {
                survivors.computeIfAbsent(entry.contents, contents -> contents.crash(loss, lastWrite));
            }
        }
        restore(survivors);
        live.clear();
        live.putAll(durable);
        powerOff = false;
        operationsUntilPowerOff = Long.MAX_VALUE;
        heal();
    }

    private boolean isInLostDirectory(Path path) {
        for (Path parent = path.getParent(); parent != null; parent = parent.getParent()) {
            if (touched.contains(parent) && !durable.containsKey(parent)) {
                return true;
            }
        }
        return false;
    }

    private void restore(Map<FileContents, byte[]> survivors) throws IOException {
        Set<Path> parentsFirst = new TreeSet<>(touched);
        Set<Path> childrenFirst = new TreeSet<>(Comparator.reverseOrder());
        childrenFirst.addAll(touched);
        for (Path path : childrenFirst) {
            Entry entry = durable.get(path);
            if (entry == null || entry.directory != Files.isDirectory(path)) {
                deleteTree(path);
            }
        }
        for (Path path : parentsFirst) {
            Entry entry = durable.get(path);
            if (entry == null) {
                continue;
            }
            if (entry.directory) {
                Files.createDirectories(path);
            } else {
                Files.write(path, survivors.get(entry.contents));
            }
        }
    }

    private static void deleteTree(Path root) throws IOException {
        if (Files.isDirectory(root)) {
            try (Stream<Path> children = Files.list(root)) {
                for (Path child : children.toList()) {
                    deleteTree(child);
                }
            }
        }
        Files.deleteIfExists(root);
    }

    /** Called, holding the lock, before each change. */
    private void requireWritable(Path path) throws IOException {
        requirePower();
        if (readOnly) {
            throw new IOException(path + ": Read-only file system");
        }
        if (operationsUntilPowerOff <= 0) {
            powerOff = true;
            throw new PowerIsOffException();
        }
        operationsUntilPowerOff--;
        operations++;
    }

    private void requirePower() throws IOException {
        if (powerOff) {
            throw new PowerIsOffException();
        }
    }

    /** What was there before us counts as durable. */
    private void adopt(Path path) throws IOException {
        if (touched.contains(path) || !Files.exists(path)) {
            return;
        }
        Entry found =
                Files.isDirectory(path) ? DIRECTORY : new Entry(false, new FileContents(Files.readAllBytes(path)));
        touched.add(path);
        live.put(path, found);
        durable.put(path, found);
    }

    private void change(Map<Path, Optional<Entry>> entries) {
        Set<Path> directories = new HashSet<>();
        entries.keySet().forEach(path -> directories.add(path.getParent()));
        touched.addAll(entries.keySet());
        NameChange change = new NameChange(directories, entries);
        change.applyTo(live);
        unforcedNames.add(change);
    }

    // The disk.

    @Override
    public synchronized DiskFile open(Path file) throws IOException {
        requirePower();
        adopt(file);
        DiskFile opened = real.open(file);
        Handle handle = new Handle(opened, live.get(file).contents);
        open.add(handle);
        return handle;
    }

    @Override
    public synchronized DiskFile create(Path file) throws IOException {
        requireWritable(file);
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        FileContents contents = new FileContents(new byte[0]);
        DiskFile created = real.create(file);
        change(Map.of(file, Optional.of(new Entry(false, contents))));
        Handle handle = new Handle(created, contents);
        open.add(handle);
        return handle;
    }

    @Override
    public synchronized List<Path> list(Path directory) throws IOException {
        requirePower();
        return real.list(directory);
    }

    @Override
    public boolean exists(Path path) {
        return real.exists(path);
    }

    @Override
    public boolean isDirectory(Path path) {
        return real.isDirectory(path);
    }

    @Override
    public synchronized long sizeBytes(Path file) throws IOException {
        requirePower();
        return real.sizeBytes(file);
    }

    @Override
    public synchronized long lastModifiedMs(Path file) throws IOException {
        requirePower();
        return real.lastModifiedMs(file);
    }

    @Override
    public synchronized void createDirectories(Path directory) throws IOException {
        List<Path> missing = new ArrayList<>();
        for (Path at = directory; at != null && !Files.exists(at); at = at.getParent()) {
            missing.add(0, at);
        }
        for (Path path : missing) {
            requireWritable(path);
            Files.createDirectory(path);
            change(Map.of(path, Optional.of(DIRECTORY)));
        }
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
        beforeForce.accept(directory);
        synchronized (this) {
            requireWritable(directory);
            if (failsThisForce(directory)) {
                throw inputOutputError(directory);
            }
            List<NameChange> still = new ArrayList<>();
            for (NameChange change : unforcedNames) {
                change.unforcedDirectories.remove(directory);
                if (change.unforcedDirectories.isEmpty()) {
                    change.applyTo(durable);
                } else {
                    still.add(change);
                }
            }
            unforcedNames.clear();
            unforcedNames.addAll(still);
        }
    }

    @Override
    public synchronized void move(Path from, Path to) throws IOException {
        requireWritable(from);
        adopt(from);
        adopt(to);
        real.move(from, to);
        change(Map.of(from, Optional.empty(), to, Optional.of(live.get(from))));
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        requireWritable(file);
        if (failingDeletes.test(file)) {
            throw new IOException("Input/output error: " + file);
        }
        adopt(file);
        long freed = Files.isRegularFile(file) ? Files.size(file) : 0;
        real.delete(file);
        giveRoom(freed);
        change(Map.of(file, Optional.empty()));
    }

    @Override
    public synchronized long usableBytes(Path directory) throws IOException {
        requirePower();
        return roomBytes == Long.MAX_VALUE ? real.usableBytes(directory) : roomBytes;
    }

    private void giveRoom(long bytes) {
        if (roomBytes != Long.MAX_VALUE) {
            roomBytes += bytes;
        }
    }

    private boolean failsThisForce(Path path) {
        if (forcesToFail > 0 && failingForces.test(path)) {
            forcesToFail--;
            return true;
        }
        return false;
    }

    private static IOException inputOutputError(Path path) {
        return new IOException(path + ": Input/output error");
    }

    /** An open file; fails after a crash as the process that had it is gone. */
    private final class Handle implements DiskFile {
        private final DiskFile file;
        private final FileContents contents;
        private boolean crashed;

        Handle(DiskFile file, FileContents contents) {
            this.file = file;
            this.contents = contents;
        }

        @Override
        public Path path() {
            return file.path();
        }

        private void requireAlive() throws IOException {
            if (crashed) {
                throw new PowerIsOffException();
            }
            requirePower();
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            synchronized (FaultyDisk.this) {
                requireAlive();
                if (failingReads.test(path())) {
                    throw inputOutputError(path());
                }
                int read = file.read(target, position);
                bytesRead += read;
                return read;
            }
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            synchronized (FaultyDisk.this) {
                requireAlive();
                requireWritable(path());
                int wanted = source.remaining();
                long growth = Math.max(0, position + wanted - file.sizeBytes());
                int fits = (int) Math.max(0, wanted - Math.max(0, growth - roomBytes));
                byte[] bytes = new byte[fits];
                source.get(bytes);
                long sizeBefore = file.sizeBytes();
                if (fits > 0) {
                    file.write(ByteBuffer.wrap(bytes), position);
                    lastWrite = ++sequence;
                    contents.write(position, bytes, lastWrite);
                }
                giveRoom(sizeBefore - file.sizeBytes());
                if (fits < wanted) {
                    throw new IOException(path() + ": No space left on device");
                }
            }
        }

        @Override
        public void force() throws IOException {
            long begun;
            synchronized (FaultyDisk.this) {
                requireAlive();
                forces++;
                begun = sequence;
            }
            beforeForce.accept(path());
            synchronized (FaultyDisk.this) {
                requireAlive();
                requireWritable(path());
                if (failsThisForce(path())) {
                    contents.failForce(begun);
                    if (afterFailedForce == AfterFailedForce.PAGES_REVERT) {
                        byte[] old = contents.durable();
                        file.truncate(old.length);
                        file.write(ByteBuffer.wrap(old), 0);
                    }
                    throw inputOutputError(path());
                }
                contents.force(begun);
            }
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            synchronized (FaultyDisk.this) {
                requireAlive();
                requireWritable(path());
                long sizeBefore = file.sizeBytes();
                file.truncate(sizeBytes);
                contents.truncate(Math.min(sizeBytes, sizeBefore), ++sequence);
                giveRoom(Math.max(0, sizeBefore - sizeBytes));
            }
        }

        @Override
        public long sizeBytes() throws IOException {
            synchronized (FaultyDisk.this) {
                requireAlive();
                return file.sizeBytes();
            }
        }

        @Override
        public void close() throws IOException {
            synchronized (FaultyDisk.this) {
                if (!crashed) {
                    open.remove(this);
                    file.close();
                }
            }
        }

        @Override
        public FileChannel channel() {
            return file.channel();
        }
    }
}
