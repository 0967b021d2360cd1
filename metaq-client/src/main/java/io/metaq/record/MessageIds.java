// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

/**
 * What a message id says. Ids are positive, unique in the cluster and never -1.
 *
 * <pre>
 *   plain        0 | 0 | 40 bits milliseconds since 2011 | 10 bits broker id | 12 bits sequence
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

    private static final int PLAIN_SEQUENCE_BITS = 12;
    /** MetaQ 1.4's own epoch, in April 2011, so that ids go on rising over a migration; enough until 2046. */
    private static final long PLAIN_EPOCH_MS = 1_303_895_660_503L;

    private MessageIds() {}

    /**
     * A plain id from a tick: milliseconds since 2011 and a sequence in one number that only rises, so that more than 4096
     * ids in a millisecond borrow from the next one.
     */
    public static long plain(long tick, int brokerId) {
        long sequence = tick & ((1 << PLAIN_SEQUENCE_BITS) - 1);
        return tick >>> PLAIN_SEQUENCE_BITS << (BROKER_BITS + PLAIN_SEQUENCE_BITS)
                | (long) brokerId << PLAIN_SEQUENCE_BITS
                | sequence;
    }

    /** The tick of a plain id. */
    public static long tickOf(long plainId) {
        return plainId >>> (BROKER_BITS + PLAIN_SEQUENCE_BITS) << PLAIN_SEQUENCE_BITS
                | (plainId & ((1 << PLAIN_SEQUENCE_BITS) - 1));
    }

    /** The first tick of a millisecond. */
    public static long firstTickOf(long epochMs) {
        return Math.max(1, epochMs - PLAIN_EPOCH_MS) << PLAIN_SEQUENCE_BITS;
    }

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
