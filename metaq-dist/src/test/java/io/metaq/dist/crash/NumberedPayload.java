// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Data that say who sent them and the how-manieth they are, and of which every byte follows from that: what was read can be
 * judged without keeping what was sent.
 *
 * <pre>
 *  position  bytes  field
 *         0      4  producer
 *         4      4  sequence
 *         8      n  filling, length and bytes drawn from producer and sequence
 * </pre>
 */
record NumberedPayload(int producer, int sequence) {
    private static final int HEADER_BYTES = 2 * Integer.BYTES;
    private static final int LEAST_FILLING = 8;
    private static final int MOST_FILLING = 900;

    byte[] encode() {
        SplittableRandom random = new SplittableRandom((long) producer << Integer.SIZE | sequence);
        byte[] filling = new byte[random.nextInt(LEAST_FILLING, MOST_FILLING)];
        random.nextBytes(filling);
        return ByteBuffer.allocate(HEADER_BYTES + filling.length)
                .putInt(producer)
                .putInt(sequence)
                .put(filling)
                .array();
    }

    /** Empty when any byte is not as it was sent. */
    static Optional<NumberedPayload> decode(byte[] data) {
        if (data.length < HEADER_BYTES + LEAST_FILLING) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(data);
        NumberedPayload told = new NumberedPayload(in.getInt(), in.getInt());
        return Arrays.equals(data, told.encode()) ? Optional.of(told) : Optional.empty();
    }
}
