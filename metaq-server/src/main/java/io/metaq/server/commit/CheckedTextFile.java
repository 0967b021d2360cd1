// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.Disk;
import io.metaq.server.log.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A small text file that is replaced as a whole: its first line is the CRC32C, in hex, of the rest. A crash leaves the old
 * one or the new one.
 */
final class CheckedTextFile {
    /** The file is there but fails its check. */
    static final class DamagedException extends IOException {
        private static final long serialVersionUID = 1L;

        DamagedException(Path file) {
            super(file + " fails its checksum");
        }
    }

    private CheckedTextFile() {}

    /** Durable on return. */
    static void write(Path path, String text, Disk disk) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        byte[] head = (checksum(body) + "\n").getBytes(StandardCharsets.UTF_8);
        Path fresh = path.resolveSibling(path.getFileName() + ".new");
        if (disk.exists(fresh)) {
            disk.delete(fresh);
        }
        try (DiskFile file = disk.create(fresh)) {
            file.write(
                    ByteBuffer.allocate(head.length + body.length)
                            .put(head)
                            .put(body)
                            .flip(),
                    0);
            file.force();
        }
        disk.move(fresh, path);
        disk.forceDirectory(path.getParent());
    }

    static Optional<String> read(Path path, Disk disk) throws IOException {
        if (!disk.exists(path)) {
            return Optional.empty();
        }
        try (DiskFile file = disk.open(path)) {
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.sizeBytes()));
            file.read(bytes, 0);
            String text = new String(bytes.array(), StandardCharsets.UTF_8);
            int newline = text.indexOf('\n');
            if (newline < 0) {
                throw new DamagedException(path);
            }
            String body = text.substring(newline + 1);
            if (!text.substring(0, newline).equals(checksum(body.getBytes(StandardCharsets.UTF_8)))) {
                throw new DamagedException(path);
            }
            return Optional.of(body);
        }
    }

    private static String checksum(byte[] body) {
        CRC32C crc = new CRC32C();
        crc.update(body, 0, body.length);
        return Long.toHexString(crc.getValue());
    }
}
