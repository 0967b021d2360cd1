// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.metaq.client.Message;
import io.metaq.client.Partition;
import io.metaq.record.Attributes;
import io.metaq.record.Compression;
import io.metaq.record.MessageIds;
import io.metaq.record.RecordBatch;
import io.metaq.record.RecordFlags;
import io.metaq.record.RecordLayout;
import io.metaq.record.WrapperBatch;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The whole, checked messages at the start of what was read. What is behind a damaged record is not looked at.
 *
 * @param damage null: none; otherwise what is wrong with the record behind the last message
 * @param partial bytes of a record that is not whole are left behind the last message
 */
record ReadMessages(List<Read> messages, String damage, boolean partial) {
    /** Largest payload that is taken, and most bytes of an inflated wrapper. */
    private static final int MAX_PAYLOAD_BYTES = 16 << 20;

    /** A message, and where to go on behind it. */
    record Read(Message message, Position next) {}

    static ReadMessages of(String topic, Partition partition, ByteBuf data, Position from) {
        List<Read> messages = new ArrayList<>();
        int start = data.readerIndex();
        int position = start;
        while (data.writerIndex() - position >= RecordLayout.HEADER_BYTES) {
            long offset = from.recordOffset() + position - start;
            int payloadBytes = data.getInt(position + RecordLayout.LENGTH_POSITION);
            if (payloadBytes < 0 || payloadBytes > MAX_PAYLOAD_BYTES) {
                return damaged(messages, offset, "length " + payloadBytes);
            }
            int recordBytes = RecordLayout.recordBytes(payloadBytes);
            if (data.writerIndex() - position < recordBytes) {
                break;
            }
            int told = data.getInt(position + RecordLayout.CHECKSUM_POSITION);
            int found = RecordBatch.checksum(data, position + RecordLayout.HEADER_BYTES, payloadBytes);
            if (told != found) {
                return damaged(messages, offset, "checksum " + found + ", the header says " + told);
            }
            try {
                int skip = offset == from.recordOffset() ? from.messagesToSkip() : 0;
                addRecord(messages, topic, partition, data, position, payloadBytes, offset, skip);
            } catch (IOException | IllegalArgumentException e) {
                return damaged(messages, offset, e.getMessage());
            }
            position += recordBytes;
        }
        return new ReadMessages(messages, null, position < data.writerIndex());
    }

    private static ReadMessages damaged(List<Read> before, long offset, String what) {
        return new ReadMessages(before, "record at offset " + offset + ": " + what, false);
    }

    private static void addRecord(
            List<Read> messages,
            String topic,
            Partition partition,
            ByteBuf data,
            int position,
            int payloadBytes,
            long offset,
            int skip)
            throws IOException {
        int flag = RecordBatch.flag(data, position);
        long id = RecordBatch.messageId(data, position);
        ByteBuf payload = data.slice(position + RecordLayout.HEADER_BYTES, payloadBytes);
        Position next = Position.at(offset + RecordLayout.recordBytes(payloadBytes));
        if (RecordFlags.isWrapper(flag)
                && Compression.find(RecordFlags.compressionId(flag)).isPresent()
                && RecordFlags.compressionId(flag) != 0) {
            addWrapped(messages, topic, partition, flag, id, payload, offset, next, skip);
        } else {
            messages.add(new Read(message(topic, partition, flag, id, offset, payload), next));
        }
    }

    private static void addWrapped(
            List<Read> messages,
            String topic,
            Partition partition,
            int wrapperFlag,
            long wrapperId,
            ByteBuf payload,
            long offset,
            Position behind,
            int skip)
            throws IOException {
        Optional<Compression> compression = Compression.find(RecordFlags.compressionId(wrapperFlag));
        int count = WrapperBatch.recordCount(payload);
        ByteBuf inside = WrapperBatch.inflate(compression.orElseThrow(), payload, MAX_PAYLOAD_BYTES);
        try {
            RecordBatch.validate(inside, count, MAX_PAYLOAD_BYTES);
            int position = inside.readerIndex();
            for (int i = 0; i < count; i++) {
                int recordBytes = RecordBatch.recordBytes(inside, position);
                if (i >= skip) {
                    long id = RecordBatch.messageId(inside, position);
                    Position next = i == count - 1 ? behind : new Position(offset, i + 1);
                    ByteBuf body =
                            inside.slice(position + RecordLayout.HEADER_BYTES, recordBytes - RecordLayout.HEADER_BYTES);
                    messages.add(new Read(
                            message(
                                    topic,
                                    partition,
                                    RecordBatch.flag(inside, position),
                                    MessageIds.isIdempotent(id) ? id : wrapperId + id,
                                    offset + i,
                                    body),
                            next));
                }
                position += recordBytes;
            }
        } catch (RecordBatch.MalformedBatchException e) {
            throw new IOException("inside a compressed batch: " + e.getMessage(), e);
        } finally {
            inside.release();
        }
    }

    private static Message message(String topic, Partition partition, int flag, long id, long offset, ByteBuf payload) {
        Attributes attributes = Attributes.read(flag, payload);
        byte[] data = new byte[payload.readableBytes()];
        payload.readBytes(data);
        Message message = Message.builder(topic)
                .data(data)
                .attribute(attributes.attribute())
                .key(attributes.key())
                .headers(attributes.headers())
                .build();
        return message.storedAt(partition, id, offset);
    }
}
