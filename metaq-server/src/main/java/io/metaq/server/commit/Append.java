// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.netty.buffer.ByteBuf;

/**
 * Whole records on their way into one log. Payload checksums have been verified; plain ids are stamped by the writer.
 *
 * @param log where to
 * @param records one or more records in storage layout; the writer owns this reference and releases it
 * @param recordCount how many
 * @param sequence null: plain records, the writer stamps ids into the headers. Otherwise the records carry their
 *     idempotent ids and the writer de-duplicates
 * @param listener is told once, on the writer thread, and must not block
 */
public record Append(LogHandle log, ByteBuf records, int recordCount, ProducerSequence sequence, Listener listener) {
    /**
     * Which messages of which producer a batch carries.
     *
     * @param previous the last sequence this producer sent to this log before, or -1
     */
    public record ProducerSequence(long producerId, int previous, int first, int last) {}

    /** Told how it went: exactly one of the two is called, exactly once. */
    public interface Listener {
        /**
         * Durable as {@code durability} says, and visible to consumers. A repeated batch gets its first answer again; its
         * offsets are -1 when it is so long ago, or so much happened since, that they are not remembered.
         */
        void onAppended(long firstMessageId, long firstOffset, long nextOffset, Durability durability);

        /** @param failure says what happened; the records may or may not survive unless it says they were not stored */
        void onFailed(AppendFailure failure);
    }
}
