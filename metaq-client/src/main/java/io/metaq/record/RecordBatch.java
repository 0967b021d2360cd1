// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** Checks over a run of records in storage layout. */
public final class RecordBatch {
    private static final int CHECKSUM_MASK = 0x7FFF_FFFF;

    private RecordBatch() {}

    /** The batch is not what was announced; the message says what is wrong and where. */
    public static final class MalformedBatchException extends Exception {
        private static final long serialVersionUID = 1L;

        public MalformedBatchException(String message) {
            super(message);
        }
    }

    /**
     * Requires exactly {@code recordCount} whole records whose payloads have at most {@code maxPayloadBytes} and match
     * their checksums. The buffer's indices stay as they are.
     */
    public static void validate(ByteBuf records, int recordCount, int maxPayloadBytes) throws MalformedBatchException {
        int position = records.readerIndex();
        int end = records.writerIndex();
        int count = 0;
        while (position < end) {
            int payloadBytes = payloadBytes(records, position, end, count);
            if (payloadBytes > maxPayloadBytes) {
                throw new MalformedBatchException("record " + count + " has a payload of " + payloadBytes
                        + " bytes; at most " + maxPayloadBytes + " are allowed");
            }
            int from = position + RecordLayout.HEADER_BYTES;
            if (records.getInt(position + RecordLayout.CHECKSUM_POSITION) != checksum(records, from, payloadBytes)) {
                throw new MalformedBatchException("record " + count
                        + ": Checksum failure,message may be corrupted when transfering on networking.");
            }
            position = from + payloadBytes;
            count++;
        }
        if (count != recordCount) {
            throw new MalformedBatchException(recordCount + " records were announced, " + count + " came");
        }
    }

    private static int payloadBytes(ByteBuf records, int position, int end, int count) throws MalformedBatchException {
        if (end - position < RecordLayout.HEADER_BYTES) {
            throw new MalformedBatchException("record " + count + " ends inside its header");
        }
        int payloadBytes = records.getInt(position + RecordLayout.LENGTH_POSITION);
        if (payloadBytes < 0 || payloadBytes > end - position - RecordLayout.HEADER_BYTES) {
            throw new MalformedBatchException("record " + count + " has length " + payloadBytes + ", but "
                    + (end - position - RecordLayout.HEADER_BYTES) + " bytes are left");
        }
        return payloadBytes;
    }

    /** The 1.4 checksum of a range of a buffer. */
    public static int checksum(ByteBuf buffer, int from, int length) {
        CRC32 crc = new CRC32();
        if (buffer.nioBufferCount() == 1) {
            crc.update(buffer.internalNioBuffer(from, length));
        } else {
            for (ByteBuffer piece : buffer.nioBuffers(from, length)) {
                crc.update(piece);
            }
        }
        return (int) crc.getValue() & CHECKSUM_MASK;
    }

    /** The length of the record at {@code position}, header and payload, in a batch that has been validated. */
    public static int recordBytes(ByteBuf records, int position) {
        return RecordLayout.recordBytes(records.getInt(position + RecordLayout.LENGTH_POSITION));
    }

    public static long messageId(ByteBuf records, int position) {
        return records.getLong(position + RecordLayout.MESSAGE_ID_POSITION);
    }

    public static int flag(ByteBuf records, int position) {
        return records.getInt(position + RecordLayout.FLAG_POSITION);
    }
}
