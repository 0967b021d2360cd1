// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is there room to write? Full when a write said so or when less than {@code minFreeBytes} is left; not full again when a
 * probe finds room. Threads: any.
 */
final class DiskSpace {
    private static final Logger LOG = LoggerFactory.getLogger(DiskSpace.class);

    private final Path directory;
    private final long minFreeBytes;
    private final Disk disk;
    private volatile boolean full;

    DiskSpace(Path directory, long minFreeBytes, Disk disk) {
        this.directory = directory;
        this.minFreeBytes = minFreeBytes;
        this.disk = disk;
    }

    boolean isFull() {
        return full;
    }

    String refusal() {
        return "The broker's disk is full: less than " + minFreeBytes + " bytes are left under " + directory
                + ". Nothing was stored; reads go on; make room, writes resume by themselves";
    }

    /** Does this failure mean that there is no room? */
    static boolean isNoRoom(IOException failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        return message.contains("no space left") || message.contains("disk quota exceeded");
    }

    void writeFailed() {
        if (!full) {
            full = true;
            LOG.error("Disk full, refusing writes directory={}", directory);
        }
    }

    /** Looks again; blocks on the file system for a moment. */
    void probe() throws IOException {
        long usable = disk.usableBytes(directory);
        if (!full && usable < minFreeBytes) {
            full = true;
            LOG.error(
                    "Disk full, refusing writes directory={} usableBytes={} minFreeBytes={}",
                    directory,
                    usable,
                    minFreeBytes);
        } else if (full && usable > minFreeBytes && usable > 0) {
            full = false;
            LOG.warn("Disk has room again, accepting writes directory={} usableBytes={}", directory, usable);
        }
    }
}
