// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes a file from its start on. Leaves the file open when closed. */
final class DiskFileOutput extends OutputStream {
    private final DiskFile file;
    private long position;

    DiskFileOutput(DiskFile file) {
        this.file = file;
    }

    @Override
    public void write(int oneByte) throws IOException {
        write(new byte[] {(byte) oneByte}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        file.write(ByteBuffer.wrap(bytes, from, length), position);
        position += length;
    }
}
