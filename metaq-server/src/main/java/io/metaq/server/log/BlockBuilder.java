// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * The block at the end of a segment that is still growing: its checksum is computed as bytes come in, so nothing is ever
 * read back. Belongs to the log writer.
 */
final class BlockBuilder {
    /** A block also ends when appends are further apart in time than this, so that seek-by-time stays exact enough. */
    private static final long MAX_SPAN_MS = 100;

    private final Consumer<SparseIndex.Entry> finished;
    private final int intervalBytes;
    private final CRC32C crc = new CRC32C();
    private long position;
    private int bytes;
    private long firstTimestampMs;
    private volatile long lastTimestampMs = Long.MIN_VALUE;

    /** @param finished takes each block as it ends, in order */
    BlockBuilder(Consumer<SparseIndex.Entry> finished, int intervalBytes, long position) {
        this.finished = finished;
        this.intervalBytes = intervalBytes;
        this.position = position;
    }

    /** Takes whole records from {@code from}, {@code length} bytes, in order. */
    void add(ByteBuffer records, int from, int length, long timestampMs) {
        int at = from;
        int end = from + length;
        while (at < end) {
            if (bytes > 0 && timestampMs - firstTimestampMs > MAX_SPAN_MS) {
                close();
            }
            int pieceEnd = at;
            while (pieceEnd < end && bytes + (pieceEnd - at) < intervalBytes) {
                pieceEnd += RecordBytes.at(records, pieceEnd);
            }
            addPiece(records.slice(at, pieceEnd - at), timestampMs);
            at = pieceEnd;
            if (bytes >= intervalBytes) {
                close();
            }
        }
    }

    /** One whole record that comes in pieces, from a scan; {@link #endRecord} follows. */
    void addPiece(ByteBuffer piece, long timestampMs) {
        if (bytes == 0) {
            firstTimestampMs = timestampMs;
        }
        lastTimestampMs = Math.max(firstTimestampMs, timestampMs);
        bytes += piece.remaining();
        crc.update(piece);
    }

    void endRecord() {
        if (bytes >= intervalBytes) {
            close();
        }
    }

    /** Ends the block where it is; the next one begins here. */
    void close() {
        if (bytes > 0) {
            int spanMs = (int) Math.min(Integer.MAX_VALUE, lastTimestampMs - firstTimestampMs);
            finished.accept(new SparseIndex.Entry(position, firstTimestampMs, bytes, spanMs, (int) crc.getValue()));
            position += bytes;
            bytes = 0;
            crc.reset();
        }
    }

    /** The time of the newest append; {@link Long#MIN_VALUE} before the first. Any thread. */
    long lastTimestampMs() {
        return lastTimestampMs;
    }
}
