// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.Disk;
import io.metaq.server.log.DiskFile;
import io.metaq.server.log.NioDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;

/**
 * A disk whose power can fail: it knows which bytes and which names have been forced. What has not may be lost, torn or
 * come back without what was written before it. Also refuses, fails and delays on demand.
 *
 * <p>The real files are what the operating system's cache would show; {@link #survivors} writes what a restart would find to
 * another directory. Threads: any.
 */
final class PowerLossDisk implements Disk {
    private final Disk real = new NioDisk();
    private final Path root;
    private final Map<Path, Content> cached = new TreeMap<>();
    private final Map<Path, Content> durable = new TreeMap<>();
    private final Map<Path, List<NameChange>> unforcedNames = new HashMap<>();
    private long operationsLeft = Long.MAX_VALUE;
    private boolean dark;
    private Predicate<Path> failingForces = path -> false;
    private Predicate<Path> fullFor = path -> false;
    private CountDownLatch forceGate = new CountDownLatch(0);
    private long forces;

    /** The bytes of one file: as last forced, and what was done since. */
    private static final class Content {
        private byte[] forced = {};
        private final List<Change> unforced = new ArrayList<>();
    }

    /** A write, or with {@code bytes} null a truncation. */
    private static final class Change {
        private final long position;
        private final byte[] bytes;

        Change(long position, byte[] bytes) {
            this.position = position;
            this.bytes = bytes;
        }
    }

    /** A name that came ({@code content} not null) or went. */
    private record NameChange(Path path, Content content) {}

    /** @param root everything this disk is told of lies below */
    PowerLossDisk(Path root) {
        this.root = root;
    }

    /** The power fails instead of the operation after so many more writes, forces and changes of names. */
    synchronized void failPowerAfter(long operations) {
        operationsLeft = operations;
    }

    synchronized void failPower() {
        dark = true;
    }

    synchronized boolean isDark() {
        return dark;
    }

    /** Forces of these files fail with EIO from now on. */
    synchronized void failForcesOf(Predicate<Path> files) {
        failingForces = files;
    }

    /** Writes to these files find no room from now on. */
    synchronized void fillUpFor(Predicate<Path> files) {
        fullFor = files;
    }

    /** Forces wait from now on, until {@link #releaseForces}. */
    synchronized void holdForces() {
        forceGate = new CountDownLatch(1);
    }

    synchronized void releaseForces() {
        forceGate.countDown();
    }

    /** Forces of files that have returned. */
    synchronized long forces() {
        return forces;
    }

    private void step() throws IOException {
        if (!dark && operationsLeft-- <= 0) {
            dark = true;
        }
        if (dark) {
            throw new IOException("the power has failed");
        }
    }

    /**
     * What a restart finds, in {@code target}. Of every file, the forced bytes are there; each later change is there, is not, or
     * (a write) is there in part. Of every directory, the later changes of names are there up to some point.
     */
    synchronized void survivors(Path target, Random random) throws IOException {
        dark = true;
        Map<Path, Content> names = new TreeMap<>(durable);
        for (List<NameChange> changes : unforcedNames.values()) {
            int kept = random.nextInt(changes.size() + 1);
            changes.subList(0, kept).forEach(change -> apply(names, change));
        }
        for (Map.Entry<Path, Content> entry : names.entrySet()) {
            Path file = target.resolve(root.relativize(entry.getKey()).toString());
            Files.createDirectories(file.getParent());
            Files.write(file, surviving(entry.getValue(), random));
        }
    }

    private static byte[] surviving(Content content, Random random) {
        byte[] bytes = content.forced;
        boolean keepAll = random.nextInt(4) == 0;
        for (Change change : content.unforced) {
            int fate = keepAll ? 0 : random.nextInt(3);
            if (fate == 0) {
                bytes = apply(bytes, change);
            } else if (fate == 1 && change.bytes != null) {
                int torn = random.nextInt(change.bytes.length + 1);
                bytes = apply(bytes, new Change(change.position, Arrays.copyOf(change.bytes, torn)));
            }
        }
        return bytes;
    }

    private static byte[] apply(byte[] bytes, Change change) {
        if (change.bytes == null) {
            return Arrays.copyOf(bytes, (int) Math.min(bytes.length, change.position));
        }
        int end = (int) change.position + change.bytes.length;
        byte[] result = end > bytes.length ? Arrays.copyOf(bytes, end) : bytes;
        System.arraycopy(change.bytes, 0, result, (int) change.position, change.bytes.length);
        return result;
    }

    private static void apply(Map<Path, Content> names, NameChange change) {
        if (change.content == null) {
            names.remove(change.path);
        } else {
            names.put(change.path, change.content);
        }
    }

    private void note(Path path, Content content) {
        unforcedNames
                .computeIfAbsent(path.getParent(), directory -> new ArrayList<>())
                .add(new NameChange(path, content));
    }

    /** Files that lie there already are taken as durable. */
    private Content contentOf(Path path) throws IOException {
        Content known = cached.get(path);
        if (known == null) {
            known = new Content();
            known.forced = Files.readAllBytes(path);
            cached.put(path, known);
            durable.put(path, known);
        }
        return known;
    }

    @Override
    public synchronized DiskFile open(Path file) throws IOException {
        requirePower();
        DiskFile opened = real.open(file);
        return new PowerLossFile(opened, contentOf(file));
    }

    private void requirePower() throws IOException {
        if (dark) {
            throw new IOException("the power has failed");
        }
    }

    @Override
    public synchronized DiskFile create(Path file) throws IOException {
        step();
        DiskFile created = real.create(file);
        Content content = new Content();
        cached.put(file, content);
        note(file, content);
        return new PowerLossFile(created, content);
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
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
    public long sizeBytes(Path file) throws IOException {
        return real.sizeBytes(file);
    }

    @Override
    public long lastModifiedMs(Path file) throws IOException {
        return real.lastModifiedMs(file);
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        real.createDirectories(directory);
    }

    @Override
    public synchronized void forceDirectory(Path directory) throws IOException {
        step();
        List<NameChange> changes = unforcedNames.remove(directory);
        if (changes != null) {
            changes.forEach(change -> apply(durable, change));
        }
    }

    @Override
    public synchronized void move(Path from, Path to) throws IOException {
        step();
        Content content = contentOf(from);
        real.move(from, to);
        cached.remove(from);
        cached.put(to, content);
        note(to, content);
        note(from, null);
    }

    @Override
    public synchronized void delete(Path file) throws IOException {
        step();
        boolean directory = real.isDirectory(file);
        if (!directory) {
            contentOf(file);
        }
        real.delete(file);
        if (!directory) {
            cached.remove(file);
            note(file, null);
        }
    }

    @Override
    public long usableBytes(Path directory) {
        return Long.MAX_VALUE;
    }

    private final class PowerLossFile implements DiskFile {
        private final DiskFile file;
        private final Content content;

        PowerLossFile(DiskFile file, Content content) {
            this.file = file;
            this.content = content;
        }

        @Override
        public Path path() {
            return file.path();
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            synchronized (PowerLossDisk.this) {
                step();
                byte[] bytes = new byte[source.remaining()];
                source.duplicate().get(bytes);
                if (fullFor.test(path())) {
                    byte[] half = Arrays.copyOf(bytes, bytes.length / 2);
                    content.unforced.add(new Change(position, half));
                    file.write(ByteBuffer.wrap(half), position);
                    throw new IOException("No space left on device");
                }
                content.unforced.add(new Change(position, bytes));
                file.write(source, position);
            }
        }

        @Override
        public void force() throws IOException {
            CountDownLatch gate;
            int covered;
            synchronized (PowerLossDisk.this) {
                step();
                gate = forceGate;
                covered = content.unforced.size();
            }
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted in a force", e);
            }
            synchronized (PowerLossDisk.this) {
                requirePower();
                if (failingForces.test(path())) {
                    content.unforced.clear(); // as Linux does: the pages count as clean, and are lost
                    throw new IOException("Input/output error");
                }
                List<Change> done = content.unforced.subList(0, Math.min(covered, content.unforced.size()));
                for (Change change : done) {
                    content.forced = apply(content.forced, change);
                }
                done.clear();
                forces++;
            }
        }

        @Override
        public void truncate(long sizeBytes) throws IOException {
            synchronized (PowerLossDisk.this) {
                step();
                content.unforced.add(new Change(sizeBytes, null));
                file.truncate(sizeBytes);
            }
        }

        @Override
        public long sizeBytes() throws IOException {
            return file.sizeBytes();
        }

        @Override
        public FileChannel channel() {
            return file.channel();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
