// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.perf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** The machine's limit for acknowledgements that are forced one by one: a loop of write and fdatasync on a growing file. */
public record RawDisk(double forcesPerSecond) {
    private static final int WRITE_BYTES = 1024;
    private static final int ROUNDS = 2000;
    private static final double NANOS = 1e9;

    public static RawDisk measure(Path directory) throws IOException {
        Path file = Files.createTempFile(directory, "raw", ".tmp");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer data = ByteBuffer.allocateDirect(WRITE_BYTES);
            long begun = System.nanoTime();
            for (int i = 0; i < ROUNDS; i++) {
                data.clear();
                channel.write(data);
                channel.force(false);
            }
            return new RawDisk(ROUNDS * NANOS / (System.nanoTime() - begun));
        } finally {
            Files.delete(file);
        }
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%,.0f x (write %d bytes + fdatasync) a second, %.3f ms each",
                forcesPerSecond,
                WRITE_BYTES,
                1000 / forcesPerSecond);
    }
}
