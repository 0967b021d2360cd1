// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Walks the part of a segment that its index does not cover yet, and covers it. */
final class TailIndexer {
    private static final int COPY_BYTES = 64 * 1024;

    private TailIndexer() {}

    /**
     * Covers the records from {@code from}, a boundary, to {@code to}, or to the first that is not sound; returns where it
     * ended. Times are not in the log, so {@code timestampMs} stands for all.
     */
    static long index(Segment segment, long from, long to, int intervalBytes, long timestampMs) throws IOException {
        BlockBuilder block = new BlockBuilder(segment.index(), intervalBytes, from);
        RecordScanner scanner = new RecordScanner(segment.file(), from, to);
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(COPY_BYTES, Math.max(0, to - from)));
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
        return scanner.position();
    }

    /** Covers all that lies behind the last known block; damaged records stay between blocks. */
    static void indexAround(Segment segment, int intervalBytes, long timestampMs) throws IOException {
        long size = segment.sizeBytes();
        long at = segment.index().coveredPosition();
        while (at < size) {
            at = index(segment, at, size, intervalBytes, timestampMs);
            if (at < size) {
                at = segment.resumeBehind(at, size);
            }
        }
    }
}
