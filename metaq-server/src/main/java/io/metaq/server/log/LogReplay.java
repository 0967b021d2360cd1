// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** Puts bytes that a commit journal kept back into logs' files, before the logs are opened. Idempotent. */
public final class LogReplay implements Closeable {
    /** So many files are open at once; then they are forced and closed. */
    private static final int MAX_OPEN_FILES = 512;

    private final Disk disk;
    private final Map<Path, NavigableMap<Long, Path>> segmentsByDirectory = new HashMap<>();
    private final Map<Path, DiskFile> written = new HashMap<>();

    public LogReplay(Disk disk) {
        this.disk = disk;
    }

    /**
     * Writes {@code bytes} at {@code offset}. Returns false, and writes nothing, when the log has no segment that can hold
     * them: it was deleted, or retention has passed that offset, or the offset lies behind a gap, or they would run into the
     * next segment.
     */
    public boolean write(Path directory, long offset, ByteBuffer bytes) throws IOException {
        NavigableMap<Long, Path> segments = segmentsByDirectory.get(directory);
        if (segments == null) {
            segments = segmentsOf(directory);
            segmentsByDirectory.put(directory, segments);
        }
        Map.Entry<Long, Path> target = segments.floorEntry(offset);
        if (target == null) {
            return false;
        }
        Long nextBase = segments.higherKey(offset);
        if (nextBase != null && offset + bytes.remaining() > nextBase) {
            return false;
        }
        DiskFile file = open(target.getValue());
        long position = offset - target.getKey();
        if (file.sizeBytes() < position) {
            return false;
        }
        file.write(bytes, position);
        return true;
    }

    private NavigableMap<Long, Path> segmentsOf(Path directory) throws IOException {
        NavigableMap<Long, Path> segments = new TreeMap<>();
        for (Path file : disk.list(directory)) {
            SegmentFileName.baseOffset(file).ifPresent(base -> segments.put(base, file));
        }
        return segments;
    }

    private DiskFile open(Path file) throws IOException {
        DiskFile known = written.get(file);
        if (known != null) {
            return known;
        }
        if (written.size() >= MAX_OPEN_FILES) {
            force();
            close();
        }
        DiskFile opened = disk.open(file);
        written.put(file, opened);
        return opened;
    }

    /** Everything written so far is durable on return. */
    public void force() throws IOException {
        for (DiskFile file : written.values()) {
            file.force();
        }
    }

    @Override
    public void close() throws IOException {
        for (DiskFile file : written.values()) {
            file.close();
        }
        written.clear();
    }
}
