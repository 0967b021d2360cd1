// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

/**
 * What a message id says. Ids are positive, unique in the cluster and never -1.
 *
 * <pre>
 *   plain        0 | 0 | 40 bits milliseconds since 2020 | 10 bits broker id | 12 bits sequence
 *   idempotent   0 | 1 | 10 bits broker id | 24 bits producer number | 28 bits sequence
 * </pre>
 *
 * <p>An idempotent id <em>is</em> the producer and its sequence number. So the log itself says what has been stored of
 * whom, in the very bytes that carry the message, and de-duplication is exact after any crash.
 *
 * <p>A <em>producer id</em> is the upper part, broker id and producer number: {@value #PRODUCER_ID_BITS} bits.
 */
public final class MessageIds {
    public static final int BROKER_BITS = 10;
    public static final int PRODUCER_NUMBER_BITS = 24;
    public static final int SEQUENCE_BITS = 28;
    public static final int PRODUCER_ID_BITS = BROKER_BITS + PRODUCER_NUMBER_BITS;

    /** The last sequence number of a producer id; after it the producer asks for a new id. */
    public static final int MAX_SEQUENCE = (1 << SEQUENCE_BITS) - 1;

    public static final long MAX_PRODUCER_ID = (1L << PRODUCER_ID_BITS) - 1;
    public static final int MAX_PRODUCER_NUMBER = (1 << PRODUCER_NUMBER_BITS) - 1;
    public static final int MAX_BROKER_ID = (1 << BROKER_BITS) - 1;

    private static final long IDEMPOTENT = 1L << 62;

    private MessageIds() {}

    public static boolean isIdempotent(long messageId) {
        return messageId > 0 && (messageId & IDEMPOTENT) != 0;
    }

    public static long idempotent(long producerId, int sequence) {
        return IDEMPOTENT | producerId << SEQUENCE_BITS | sequence;
    }

    public static long producerId(long idempotentMessageId) {
        return (idempotentMessageId & ~IDEMPOTENT) >>> SEQUENCE_BITS;
    }

    public static int sequence(long idempotentMessageId) {
        return (int) (idempotentMessageId & MAX_SEQUENCE);
    }

    public static long producerId(int brokerId, int producerNumber) {
        return (long) brokerId << PRODUCER_NUMBER_BITS | producerNumber;
    }
}
