// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a client may ask. The first group is MetaQ 1.4's; the second are extensions on the same port, announced in the
 * body of the reply to {@code version} (see {@link Announcement}).
 *
 * <p>The opaque is a signed 32-bit number that the reply repeats; replies may come in any order.
 *
 * <p>Ownership: a request with a body owns one reference of it; whoever takes the request releases it.
 */
public sealed interface Request {
    int opaque();

    /** {@code put topic partition length flag [checksum] [transactionKey] opaque} and the payload. */
    record Put(
            String topic,
            int partition,
            int flag,
            int checksum,
            /* null: not in a transaction */ String transactionKey,
            ByteBuf payload,
            int opaque)
            implements Request {}

    /** {@code get topic group partition offset maxBytes opaque}. */
    record Get(String topic, String group, int partition, long offset, int maxBytes, int opaque) implements Request {}

    /** {@code offset topic group partition offset opaque}. */
    record Offset(String topic, String group, int partition, long offset, int opaque) implements Request {}

    /** {@code stats item opaque}; the item is empty for the general figures. */
    record Stats(String item, int opaque) implements Request {}

    /** {@code version [opaque]}: the heartbeat, and how a native client learns the broker's {@link Announcement}. */
    record Version(int opaque) implements Request {}

    /** {@code quit}: no opaque travels, no reply is sent. */
    record Quit(int opaque) implements Request {}

    /** {@code sync topic partition length flag messageId [checksum] opaque} and the payload: 1.4's master to slave. */
    record Sync(String topic, int partition, int flag, long messageId, int checksum, ByteBuf payload, int opaque)
            implements Request {}

    /** {@code transaction key sessionId type [timeoutSeconds] [qualifier] opaque}. */
    record Transaction(
            String key,
            String sessionId,
            String type,
            OptionalInt timeoutSeconds,
            /* null: none */ String qualifier,
            int opaque)
            implements Request {}

    /**
     * {@code batch topic partition length count compression producerId previousSequence opaque} and the records in
     * storage layout. With compression the body is one compressed run of records (see {@code WrapperBatch}).
     *
     * <p>An idempotent batch ({@code producerId >= 0}) carries each record's final id already ({@code
     * MessageIds.idempotent}), with sequence numbers that follow each other without a gap inside the batch; {@code previousSequence} is the last one this producer
     * sent to this partition before, or -1. Otherwise producerId and previousSequence are -1 and the broker stamps ids.
     *
     * <p>Reply: {@code firstId partition firstOffset durability}, durability one of {@code written flushed replicated}.
     */
    record BatchPut(
            String topic,
            int partition,
            int recordCount,
            String compression,
            long producerId,
            int previousSequence,
            ByteBuf records,
            int opaque)
            implements Request {}

    /**
     * What the broker's decoder makes of a {@code put} or {@code batch} whose body it does not take: its bytes have been thrown away as
     * they came. It is to be refused; it never travels.
     *
     * @param isBatch else a put
     * @param bodyBytes as announced
     */
    record Oversized(boolean isBatch, String topic, int partition, int bodyBytes, int opaque) implements Request {}

    /**
     * {@code fetch group maxWaitMs minBytes maxBytes length opaque}; the body has one line {@code topic partition offset
     * maxBytes CRLF} for each partition. Waits until minBytes are there or maxWaitMs are over.
     *
     * <p>Reply: {@code value length opaque}; for each partition one line {@code topic partition code nextOffset
     * visibleEnd length CRLF} followed by length bytes of whole records. Code 200 with data; 404 without; 301: go on at
     * nextOffset; another code: its text is the length bytes.
     */
    record Fetch(String group, int maxWaitMs, int minBytes, int maxBytes, List<FetchPartition> partitions, int opaque)
            implements Request {}

    /** One partition of a {@link Fetch}. */
    record FetchPartition(String topic, int partition, long offset, int maxBytes) {}

    /** {@code producer opaque}: a new producer id; the reply's body is the decimal id. */
    record NewProducer(int opaque) implements Request {}

    /** {@code metadata topic opaque}, or {@code *}: the reply's body is JSON. */
    record Metadata(String topic, int opaque) implements Request {}

    /** {@code seek topic partition timestampMs opaque}: the first offset stored at or after that time. */
    record Seek(String topic, int partition, long timestampMs, int opaque) implements Request {}

    /** {@code admin verb length opaque} and a JSON body; answered on loopback only. The reply's body is JSON. */
    record Admin(String verb, String json, int opaque) implements Request {}
}
