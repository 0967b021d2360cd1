// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Walks the part of a segment that its index does not cover yet, and covers it. */
final class TailIndexer {
    private static final int COPY_BYTES = 64 * 1024;

    private TailIndexer() {}

    /**
     * From the last indexed position to the segment's end, or to the first record that is not sound. Times are not in the
     * log, so {@code timestampMs} stands for all.
     */
    static void index(Segment segment, int intervalBytes, long timestampMs) throws IOException {
        long from = segment.index().coveredPosition();
        BlockBuilder block = new BlockBuilder(segment.index(), intervalBytes, from);
        RecordScanner scanner = new RecordScanner(segment.file(), from, segment.sizeBytes());
        ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
        while (scanner.check()) {
            long end = scanner.position() + scanner.recordBytes();
            for (long at = scanner.position(); at < end; ) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
                at += segment.file().read(buffer, at);
                block.addPiece(buffer.flip(), timestampMs);
            }
            block.endRecord();
            scanner.advance();
        }
        block.close();
        segment.verified().add(from, scanner.position());
    }
}
