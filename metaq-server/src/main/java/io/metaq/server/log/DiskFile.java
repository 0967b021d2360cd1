// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** An open file with positional reads and writes. Threads: safe for all; close waits for nobody. */
public interface DiskFile extends Closeable {
    Path path();

    /** Reads until the target is full or the file ends; returns the bytes read, 0 at the end. */
    int read(ByteBuffer target, long position) throws IOException;

    /** Writes all of the source, moving its position. On an error any prefix may have been written. */
    void write(ByteBuffer source, long position) throws IOException;

    /** fdatasync: on return what was written is durable. After a failure its fate is unknown for ever. */
    void force() throws IOException;

    void truncate(long sizeBytes) throws IOException;

    long sizeBytes() throws IOException;

    /** For {@code sendfile}; reading only. */
    FileChannel channel();
}
