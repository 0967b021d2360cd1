// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.nio.channels.FileChannel;

/**
 * A run of whole records in one segment file, for {@code sendfile}. Holds the segment open until released.
 *
 * @param startOffset the log's offset of the first byte
 * @param channel the segment's file; not to be closed or moved by the reader
 * @param position of the first byte in the file
 * @param lengthBytes never 0
 * @param release to be run exactly once, when the bytes have been sent; any thread
 */
public record LogSlice(long startOffset, FileChannel channel, long position, int lengthBytes, Runnable release) {
    public long nextOffset() {
        return startOffset + lengthBytes;
    }
}
