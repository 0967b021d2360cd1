// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import java.nio.ByteBuffer;

/**
 * The stored record: a header of 20 bytes, then the payload. All integers are big-endian.
 *
 * <pre>
 *   position  bytes  field
 *          0      4  length      of the payload; this header is not counted
 *          4      4  checksum    CRC-32 of the payload, top bit cleared (see {@link PayloadChecksum})
 *          8      8  messageId   unique in the cluster
 *         16      4  flag        see {@link RecordFlags}
 *         20      n  payload     attribute block first when {@link RecordFlags#HAS_ATTRIBUTE} is set
 * </pre>
 *
 * <p>The next record begins at {@code position + 20 + length}. Nothing else is between records: no topic, no time, no
 * magic. Source of the layout: MetaQ 1.4.
 */
public final class RecordLayout {
    public static final int LENGTH_POSITION = 0;
    public static final int CHECKSUM_POSITION = LENGTH_POSITION + Integer.BYTES;
    public static final int MESSAGE_ID_POSITION = CHECKSUM_POSITION + Integer.BYTES;
    public static final int FLAG_POSITION = MESSAGE_ID_POSITION + Long.BYTES;
    public static final int HEADER_BYTES = FLAG_POSITION + Integer.BYTES;

    private RecordLayout() {}

    /** The payload's length in bytes as the header at {@code position} says it; may be nonsense in a damaged log. */
    public static int payloadBytes(ByteBuffer buffer, int position) {
        return buffer.getInt(position + LENGTH_POSITION);
    }

    public static int checksum(ByteBuffer buffer, int position) {
        return buffer.getInt(position + CHECKSUM_POSITION);
    }

    public static long messageId(ByteBuffer buffer, int position) {
        return buffer.getLong(position + MESSAGE_ID_POSITION);
    }

    public static int flag(ByteBuffer buffer, int position) {
        return buffer.getInt(position + FLAG_POSITION);
    }

    /** Header and payload together. */
    public static int recordBytes(int payloadBytes) {
        return HEADER_BYTES + payloadBytes;
    }

    /** Writes a header at the buffer's position and moves it behind the header. */
    public static void putHeader(ByteBuffer target, int payloadBytes, int checksum, long messageId, int flag) {
        target.putInt(payloadBytes).putInt(checksum).putLong(messageId).putInt(flag);
    }
}
