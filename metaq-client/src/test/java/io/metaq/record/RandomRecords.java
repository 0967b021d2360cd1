// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import io.metaq.testkit.HeapBuffers;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Runs of records in storage layout. */
final class RandomRecords {
    private RandomRecords() {}

    /** Payloads that compress a little, of 0 to {@code maxPayloadBytes}. */
    static ByteBuf batch(RandomGenerator random, int count, int maxPayloadBytes) {
        ByteBuf batch = HeapBuffers.ALLOCATOR.buffer();
        for (int i = 0; i < count; i++) {
            byte[] payload = new byte[random.nextInt(maxPayloadBytes + 1)];
            random.nextBytes(payload);
            Arrays.fill(payload, 0, payload.length / 2, (byte) 'a');
            append(batch, payload, random.nextLong(), random.nextInt());
        }
        return batch;
    }

    static void append(ByteBuf batch, byte[] payload, long messageId, int flag) {
        batch.writeInt(payload.length)
                .writeInt(PayloadChecksum.of(payload))
                .writeLong(messageId)
                .writeInt(flag)
                .writeBytes(payload);
    }
}
