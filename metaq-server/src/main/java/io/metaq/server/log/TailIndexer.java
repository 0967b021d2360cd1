// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Walks the parts of a segment that its index does not cover, and covers them. */
final class TailIndexer {
    private static final int COPY_BYTES = 64 * 1024;

    private TailIndexer() {}

    /**
     * Covers the records from {@code from}, a boundary, to {@code to}, or to the first that is not sound; returns where it
     * ended. Times are not in the log, so {@code timestampMs} stands for all.
     */
    static long index(Segment segment, long from, long to, int intervalBytes, long timestampMs) throws IOException {
        return index(segment, from, to, intervalBytes, timestampMs, segment.index()::add);
    }

    private static long index(
            Segment segment,
            long from,
            long to,
            int intervalBytes,
            long timestampMs,
            Consumer<SparseIndex.Entry> finished)
            throws IOException {
        BlockBuilder block = new BlockBuilder(finished, intervalBytes, from);
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
        long from = segment.index().coveredPosition();
        // Times in an index rise, whatever somebody did to the file's.
        long rising = Math.max(timestampMs, segment.index().newestTimestampMs());
        indexAround(segment, from, segment.sizeBytes(), intervalBytes, rising, segment.index()::add);
    }

    private static void indexAround(
            Segment segment,
            long from,
            long to,
            int intervalBytes,
            long timestampMs,
            Consumer<SparseIndex.Entry> finished)
            throws IOException {
        long at = from;
        while (at < to) {
            at = index(segment, at, to, intervalBytes, timestampMs, finished);
            if (at < to) {
                at = segment.resumeBehind(at, to);
            }
        }
    }

    /**
     * Entries for what lies before and between known blocks, in order. What came in there is no younger than the block that
     * follows, so that block's time stands for it: a seek may begin a little early and never late.
     */
    static List<SparseIndex.Entry> coverGaps(Segment segment, List<SparseIndex.Entry> known, int intervalBytes)
            throws IOException {
        List<SparseIndex.Entry> covering = new ArrayList<>();
        long end = 0;
        for (SparseIndex.Entry next : known) {
            long to = Math.min(next.position(), segment.sizeBytes());
            indexAround(segment, end, to, intervalBytes, next.timestampMs(), covering::add);
            end = next.endPosition();
        }
        return covering;
    }
}
