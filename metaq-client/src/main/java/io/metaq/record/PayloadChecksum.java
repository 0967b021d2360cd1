// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/** The checksum of MetaQ 1.4: CRC-32 (IEEE) with the top bit cleared, so that it is never negative. */
public final class PayloadChecksum {
    /** What a sender writes when it wants nothing verified. */
    public static final int NONE = -1;

    private static final int POSITIVE = 0x7FFF_FFFF;

    private PayloadChecksum() {}

    public static int of(byte[] payload) {
        CRC32 crc = new CRC32();
        crc.update(payload, 0, payload.length);
        return (int) crc.getValue() & POSITIVE;
    }

    /** Of {@code length} bytes at {@code position}; the buffer's own position and limit are left as they were. */
    public static int of(ByteBuffer buffer, int position, int length) {
        CRC32 crc = new CRC32();
        crc.update(buffer.slice(position, length));
        return (int) crc.getValue() & POSITIVE;
    }
}
