// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Puts bytes that a commit journal kept back into logs' files, before the logs are opened. Idempotent. */
public final class LogReplay implements Closeable {
    private final Disk disk;
    private final Map<Path, NavigableMap<Long, DiskFile>> segmentsByDirectory = new HashMap<>();

    public LogReplay(Disk disk) {
        this.disk = disk;
    }

    /**
     * Writes {@code bytes} at {@code offset}. Returns false, and writes nothing, when the log has no segment that can hold
     * them: it was deleted, or retention has passed that offset, or the offset lies behind a gap.
     */
    public boolean write(Path directory, long offset, ByteBuffer bytes) throws IOException {
        NavigableMap<Long, DiskFile> segments = segmentsByDirectory.get(directory);
        if (segments == null) {
            segments = openAll(directory);
            segmentsByDirectory.put(directory, segments);
        }
        Map.Entry<Long, DiskFile> target = segments.floorEntry(offset);
        if (target == null || target.getValue().sizeBytes() < offset - target.getKey()) {
            return false;
        }
        target.getValue().write(bytes, offset - target.getKey());
        return true;
    }

    private NavigableMap<Long, DiskFile> openAll(Path directory) throws IOException {
        NavigableMap<Long, DiskFile> segments = new TreeMap<>();
        for (Path file : disk.list(directory)) {
            OptionalLong base = SegmentFileName.baseOffset(file);
            if (base.isPresent()) {
                segments.put(base.getAsLong(), disk.open(file));
            }
        }
        return segments;
    }

    /** Everything written so far is durable on return. */
    public void force() throws IOException {
        for (NavigableMap<Long, DiskFile> segments : segmentsByDirectory.values()) {
            for (DiskFile file : segments.values()) {
                file.force();
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (NavigableMap<Long, DiskFile> segments : segmentsByDirectory.values()) {
            for (DiskFile file : segments.values()) {
                file.close();
            }
        }
        segmentsByDirectory.clear();
    }
}
