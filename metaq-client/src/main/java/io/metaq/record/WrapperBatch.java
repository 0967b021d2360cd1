// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;

/**
 * A compressed batch, as the body of a {@code batch} command and as the payload of a wrapper record.
 *
 * <pre>
 *   position  bytes  field               big-endian
 *          0      4  recordCount
 *          4      4  uncompressedBytes
 *          8      n  the records in storage layout, compressed
 * </pre>
 *
 * <p>Plain records inside have the ids 0, 1, 2, ...: what is to be added to the wrapper's id. Idempotent ones carry their own.
 * The offset of a message inside is the wrapper's offset plus its index.
 */
public final class WrapperBatch {
    private static final int UNCOMPRESSED_POSITION = Integer.BYTES;
    private static final int HEADER_BYTES = UNCOMPRESSED_POSITION + Integer.BYTES;

    private WrapperBatch() {}

    public static ByteBuf compress(Compression compression, ByteBuf records, int recordCount) throws IOException {
        byte[] plain = new byte[records.readableBytes()];
        records.getBytes(records.readerIndex(), plain);
        byte[] compressed = BatchCompressor.compress(compression, plain);
        return Unpooled.buffer(HEADER_BYTES + compressed.length)
                .writeInt(recordCount)
                .writeInt(plain.length)
                .writeBytes(compressed);
    }

    /**
     * The records inside, not validated yet.
     *
     * @param maxBytes more are refused before memory is taken for them
     */
    public static ByteBuf inflate(Compression compression, ByteBuf batch, int maxBytes) throws IOException {
        if (batch.readableBytes() < HEADER_BYTES) {
            throw new IOException("a compressed batch of " + batch.readableBytes() + " bytes is too short");
        }
        int size = batch.getInt(batch.readerIndex() + UNCOMPRESSED_POSITION);
        if (size < 0 || size > maxBytes) {
            throw new IOException(
                    "a compressed batch announces " + size + " bytes; at most " + maxBytes + " are allowed");
        }
        byte[] compressed = new byte[batch.readableBytes() - HEADER_BYTES];
        batch.getBytes(batch.readerIndex() + HEADER_BYTES, compressed);
        return Unpooled.wrappedBuffer(BatchCompressor.inflate(compression, compressed, size));
    }

    /** How many records the batch says it has. */
    public static int recordCount(ByteBuf batch) {
        return batch.readableBytes() < HEADER_BYTES ? 0 : batch.getInt(batch.readerIndex());
    }
}
