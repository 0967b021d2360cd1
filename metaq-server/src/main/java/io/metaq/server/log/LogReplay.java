// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.OptionalLong;

/** Puts bytes that a commit journal kept back into a log's files, before the log is opened. Idempotent. */
public final class LogReplay {
    private LogReplay() {}

    /**
     * Writes {@code bytes} at {@code offset} and forces them. Returns false, and writes nothing, when the log has no
     * segment that can hold them: it was deleted, or retention has passed that offset, or the offset lies behind a gap.
     */
    public static boolean write(Path directory, long offset, ByteBuffer bytes, Disk disk) throws IOException {
        Path target = null;
        long base = -1;
        for (Path file : disk.list(directory)) {
            OptionalLong candidate = SegmentFileName.baseOffset(file);
            if (candidate.isPresent() && candidate.getAsLong() <= offset && candidate.getAsLong() > base) {
                target = file;
                base = candidate.getAsLong();
            }
        }
        if (target == null || disk.sizeBytes(target) < offset - base) {
            return false;
        }
        try (DiskFile file = disk.open(target)) {
            file.write(bytes, offset - base);
            file.force();
        }
        return true;
    }
}
