// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.MetaClientException;
import io.metaq.client.SendResult;
import io.metaq.protocol.SendLimits;
import io.metaq.record.Compression;
import io.metaq.record.MessageIds;
import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordBatch;
import io.metaq.record.RecordLayout;
import io.metaq.record.WrapperBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.zip.CRC32;

/**
 * Messages of one partition in storage layout, and who waits for them.
 *
 * <p>Life: open (messages are added, under the lane's lock), sealed, stamped (ids are in the records; from then on every attempt
 * sends the same bytes), settled (every waiter was told, the buffer is given back). {@code maybeStored} says that an attempt ended
 * without an answer.
 */
final class Batch {
    static final int NO_SEQUENCE = -1;

    /** Where a stamped batch is. */
    enum Flight {
        WAITING,
        SENT,
        REFUSED
    }

    private final ByteBuf records;
    private final List<Completion> waiters = new ArrayList<>();
    private final CRC32 crc = new CRC32();
    private final CompletableFuture<Void> settled = new CompletableFuture<>();
    private final long createdNanos;
    private int largestPayloadBytes;
    private ByteBuf body;
    private Compression bodyCompression = Compression.NONE;
    private ProducerIdentity identity;
    private int previousSequence = NO_SEQUENCE;
    private int lastSequence = NO_SEQUENCE;

    Flight flight = Flight.WAITING;
    boolean maybeStored;
    int attempts;
    int plainIndex;
    int plainPosition;

    Batch(int capacityBytes, long nowNanos) {
        this.records = PooledByteBufAllocator.DEFAULT.directBuffer(capacityBytes);
        this.createdNanos = nowNanos;
    }

    boolean hasRoomFor(int recordBytes) {
        return records.writableBytes() >= recordBytes;
    }

    boolean isFull() {
        return records.writableBytes() <= RecordLayout.HEADER_BYTES;
    }

    void add(int flag, byte[] attributes, byte[] data, Completion waiter) {
        int payloadBytes = attributes.length + data.length;
        crc.reset();
        crc.update(attributes, 0, attributes.length);
        crc.update(data, 0, data.length);
        records.writeInt(payloadBytes)
                .writeInt((int) crc.getValue() & Integer.MAX_VALUE)
                .writeLong(waiters.size())
                .writeInt(flag)
                .writeBytes(attributes)
                .writeBytes(data);
        added(payloadBytes, waiter);
    }

    private void added(int payloadBytes, Completion waiter) {
        waiters.add(waiter);
        largestPayloadBytes = Math.max(largestPayloadBytes, payloadBytes);
    }

    boolean fits(SendLimits limits) {
        return bytes() <= limits.maxBatchBytes() && largestPayloadBytes <= limits.maxMessageBytes();
    }

    /** A message that fits into no batch of its broker. */
    record Oversized(Completion waiter, int payloadBytes) {}

    /** What {@link #cutTo} makes of a batch: batches in its order, and what is in none of them. */
    record Cut(List<Batch> parts, List<Oversized> leftOut) {}

    /**
     * The same messages in batches that fit; this one is used up. For a batch of which nothing may be stored; {@link #settleWith} is to
     * follow.
     */
    Cut cutTo(SendLimits limits) {
        List<Batch> parts = new ArrayList<>();
        List<Oversized> leftOut = new ArrayList<>();
        Batch part = null;
        int position = records.readerIndex();
        for (Completion waiter : waiters) {
            int recordBytes = RecordBatch.recordBytes(records, position);
            int payloadBytes = recordBytes - RecordLayout.HEADER_BYTES;
            if (payloadBytes > limits.maxMessageBytes()) {
                leftOut.add(new Oversized(waiter, payloadBytes));
            } else {
                if (part == null || !part.hasRoomFor(recordBytes)) {
                    int left = records.writerIndex() - position;
                    part = new Batch(Math.min(left, limits.maxBatchBytes()), createdNanos);
                    parts.add(part);
                }
                part.records.writeBytes(records, position, recordBytes);
                part.added(payloadBytes, waiter);
            }
            position += recordBytes;
        }
        releaseBody();
        records.release();
        return new Cut(parts, leftOut);
    }

    /** After a cut, when those left out have been told: this batch is settled when its parts are. */
    void settleWith(List<Batch> parts) {
        CompletableFuture.allOf(parts.stream().map(Batch::settled).toArray(CompletableFuture<?>[]::new))
                .thenRun(() -> settled.complete(null));
    }

    int count() {
        return waiters.size();
    }

    int bytes() {
        return records.readableBytes();
    }

    long createdNanos() {
        return createdNanos;
    }

    ProducerIdentity identity() {
        return identity;
    }

    int previousSequence() {
        return previousSequence;
    }

    int lastSequence() {
        return lastSequence;
    }

    /** Completes when every waiter was told. */
    CompletableFuture<Void> settled() {
        return settled;
    }

    /**
     * Writes the final ids into the records and compresses them; without an identity the broker stamps them, and here they are 0, 1, 2...
     * A batch that would grow stays as it is, so that none is larger on the way than its records.
     */
    void stamp(ProducerIdentity by, int previous, Compression compression) throws IOException {
        unstamp();
        identity = by;
        previousSequence = by == null ? NO_SEQUENCE : previous;
        int sequence = by == null ? 0 : by.take(count());
        int position = records.readerIndex();
        for (int i = 0; i < count(); i++, sequence++) {
            long id = by == null ? i : MessageIds.idempotent(by.producerId(), sequence);
            records.setLong(position + RecordLayout.MESSAGE_ID_POSITION, id);
            position += RecordBatch.recordBytes(records, position);
        }
        lastSequence = by == null ? NO_SEQUENCE : sequence - 1;
        body = records.retainedDuplicate();
        if (compression != Compression.NONE) {
            ByteBuf compressed = WrapperBatch.compress(compression, records, count());
            if (compressed.readableBytes() < bytes()) {
                releaseBody();
                body = compressed;
                bodyCompression = compression;
            } else {
                compressed.release();
            }
        }
    }

    /** It may take another form now; only while no attempt may have stored it. */
    void unstamp() {
        releaseBody();
        bodyCompression = Compression.NONE;
        identity = null;
        previousSequence = NO_SEQUENCE;
        lastSequence = NO_SEQUENCE;
    }

    /** How the bytes to send are compressed. */
    Compression bodyCompression() {
        return bodyCompression;
    }

    boolean isStamped() {
        return body != null;
    }

    /** A reference of the bytes to send, for one attempt. */
    ByteBuf retainedBody() {
        return body.retainedDuplicate();
    }

    /** The payload of the record that is next in a broker without batches. */
    ByteBuf retainedPlainPayload() {
        return records.retainedSlice(
                plainPosition + RecordLayout.HEADER_BYTES,
                records.getInt(plainPosition + RecordLayout.LENGTH_POSITION));
    }

    int plainFlag() {
        return RecordBatch.flag(records, plainPosition);
    }

    int plainChecksum() {
        int checksum = records.getInt(plainPosition + RecordLayout.CHECKSUM_POSITION);
        return checksum < 0 ? PayloadChecksum.NONE : checksum;
    }

    Completion plainWaiter() {
        return waiters.get(plainIndex);
    }

    /** Moves behind a message that was answered alone; true when it was the last. */
    boolean plainAdvance() {
        plainPosition += RecordBatch.recordBytes(records, plainPosition);
        plainIndex++;
        return plainIndex == count();
    }

    /** How each message's place follows from the batch's. */
    void settleStored(StoredBatch stored, boolean offsetsCountMessages) {
        int position = records.readerIndex();
        for (int i = 0; i < count(); i++) {
            long id = identity == null ? stored.firstId() + i : RecordBatch.messageId(records, position);
            long offset = stored.firstOffset() + (offsetsCountMessages ? i : position - records.readerIndex());
            int recordBytes = RecordBatch.recordBytes(records, position);
            waiters.get(i).stored(SendResult.stored(stored.partition(), offset, id, stored.durability()));
            position += recordBytes;
        }
        release();
    }

    void settleFailed(MetaClientException why) {
        for (int i = plainIndex; i < count(); i++) {
            waiters.get(i).failed(why);
        }
        release();
    }

    void settleAnswered() {
        release();
    }

    private void release() {
        releaseBody();
        records.release();
        settled.complete(null);
    }

    private void releaseBody() {
        if (body != null) {
            body.release();
            body = null;
        }
    }
}
