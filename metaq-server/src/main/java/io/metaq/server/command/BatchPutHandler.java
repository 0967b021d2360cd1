// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.record.Compression;
import io.metaq.record.MessageIds;
import io.metaq.record.RecordBatch;
import io.metaq.record.RecordFlags;
import io.metaq.record.RecordLayout;
import io.metaq.record.WrapperBatch;
import io.metaq.server.commit.Append;
import io.metaq.server.commit.AppendFailure;
import io.metaq.server.commit.Durability;
import io.metaq.server.commit.GroupCommit;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.TopicRegistry;
import io.metaq.server.topic.TopicSettings;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * {@code batch}: records in storage layout, checked and stored as they are. A compressed batch is inflated for a topic of
 * plain records, and becomes one wrapper record in a topic of wrapped batches.
 */
final class BatchPutHandler implements CommandHandler<Request.BatchPut> {
    private final PutTarget target;
    private final TopicRegistry topics;
    private final GroupCommit writer;
    private final CommandConfig config;
    private final CommandCounters counters;

    BatchPutHandler(
            PutTarget target,
            TopicRegistry topics,
            GroupCommit writer,
            CommandConfig config,
            CommandCounters counters) {
        this.target = target;
        this.topics = topics;
        this.writer = writer;
        this.config = config;
        this.counters = counters;
    }

    /** Why the batch cannot be taken. */
    private static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;
        private final int code;

        RefusedException(int code, String message) {
            super(message);
            this.code = code;
        }
    }

    @Override
    public void handle(Request.BatchPut batch, Exchange exchange) {
        target.find(batch.topic(), batch.partition(), partition -> check(batch, partition, exchange), refusal -> {
            batch.records().release();
            fail(exchange, batch.topic(), refusal.batchCode(), refusal.text());
        });
    }

    private void check(Request.BatchPut batch, Partition partition, Exchange exchange) {
        ByteBuf plain = null;
        ByteBuf stored = null;
        try {
            Compression compression = Compression.find(batch.compression())
                    .orElseThrow(() -> new RefusedException(
                            StatusCode.BAD_REQUEST, "there is no compression '" + batch.compression() + "'"));
            plain = inflated(batch, compression);
            RecordBatch.validate(plain, batch.recordCount(), config.maxMessageBytes());
            Append.ProducerSequence sequence = sequence(batch, plain);
            boolean wrap = compression != Compression.NONE && isWrapped(partition.topic());
            stored = wrap ? wrapper(batch, compression, exchange) : plain.retain();
            append(partition, stored, wrap ? 1 : batch.recordCount(), batch.recordCount(), sequence, exchange);
            stored = null;
        } catch (RefusedException e) {
            fail(exchange, batch.topic(), e.code, failed(batch) + e.getMessage());
        } catch (RecordBatch.MalformedBatchException | IOException e) {
            fail(exchange, batch.topic(), StatusCode.BAD_REQUEST, failed(batch) + e.getMessage());
        } finally {
            batch.records().release();
            if (plain != null) {
                plain.release();
            }
            if (stored != null) {
                stored.release();
            }
        }
    }

    private String failed(Request.BatchPut batch) {
        return AppendAnswers.putFailed(config.brokerUrl(), batch.topic(), batch.partition()) + "Detail:";
    }

    /** The plain records, with a reference of their own. */
    private ByteBuf inflated(Request.BatchPut batch, Compression compression) throws IOException, RefusedException {
        if (batch.recordCount() <= 0) {
            throw new RefusedException(StatusCode.BAD_REQUEST, "a batch of " + batch.recordCount() + " records");
        }
        if (compression == Compression.NONE) {
            if (batch.records().readableBytes() > config.maxBatchBytes()) {
                throw new RefusedException(
                        StatusCode.TOO_LARGE,
                        AppendAnswers.batchTooLarge(batch.records().readableBytes(), config));
            }
            return batch.records().retain();
        }
        return WrapperBatch.inflate(compression, batch.records(), config.maxBatchBytes());
    }

    private boolean isWrapped(String topic) {
        return topics.find(topic)
                .map(t -> t.settings().recordFormat() == TopicSettings.WRAPPED_BATCHES)
                .orElse(false);
    }

    /** Checks what an idempotent batch says of itself; null for a plain one. */
    private static Append.ProducerSequence sequence(Request.BatchPut batch, ByteBuf records) throws RefusedException {
        if (batch.producerId() < 0) {
            return null;
        }
        if (batch.producerId() > MessageIds.MAX_PRODUCER_ID) {
            throw new RefusedException(StatusCode.BAD_REQUEST, "there is no producer id " + batch.producerId());
        }
        int position = records.readerIndex();
        int first = -1;
        int last = batch.previousSequence();
        while (position < records.writerIndex()) {
            long id = RecordBatch.messageId(records, position);
            if (!MessageIds.isIdempotent(id) || MessageIds.producerId(id) != batch.producerId()) {
                throw new RefusedException(
                        StatusCode.BAD_REQUEST, "message id " + id + " is not one of producer " + batch.producerId());
            }
            int sequence = MessageIds.sequence(id);
            if (first < 0 ? sequence <= last : sequence != last + 1) {
                throw new RefusedException(
                        StatusCode.BAD_REQUEST,
                        "sequence " + sequence + " does not follow " + last
                                + "; a batch begins above the one before and has no gaps");
            }
            first = first < 0 ? sequence : first;
            last = sequence;
            position += RecordBatch.recordBytes(records, position);
        }
        return new Append.ProducerSequence(batch.producerId(), batch.previousSequence(), first, last);
    }

    /** One record whose payload is the batch as it came. */
    private static ByteBuf wrapper(Request.BatchPut batch, Compression compression, Exchange exchange)
            throws RefusedException {
        ByteBuf payload = batch.records();
        if (WrapperBatch.recordCount(payload) != batch.recordCount()) {
            throw new RefusedException(StatusCode.BAD_REQUEST, "the batch's own record count is another one");
        }
        int length = payload.readableBytes();
        int checksum = RecordBatch.checksum(payload, payload.readerIndex(), length);
        return exchange.allocator()
                .buffer(RecordLayout.recordBytes(length))
                .writeInt(length)
                .writeInt(checksum)
                .writeLong(0)
                .writeInt(RecordFlags.wrapper(compression))
                .writeBytes(payload, payload.readerIndex(), length);
    }

    private void append(
            Partition partition,
            ByteBuf stored,
            int storedCount,
            int messageCount,
            Append.ProducerSequence sequence,
            Exchange exchange) {
        if (sequence != null && storedCount != messageCount) {
            // A wrapper carries the id of its first message; the others follow inside.
            stored.setLong(
                    stored.readerIndex() + RecordLayout.MESSAGE_ID_POSITION,
                    MessageIds.idempotent(sequence.producerId(), sequence.first()));
        }
        int bytes = stored.readableBytes();
        String failed = AppendAnswers.putFailed(config.brokerUrl(), partition.topic(), partition.index());
        Append append = new Append(partition.log(), stored, messageCount, sequence, new Append.Listener() {
            @Override
            public void onAppended(long firstMessageId, long firstOffset, long nextOffset, Durability durability) {
                counters.put(partition.topic(), messageCount, bytes);
                exchange.result(
                        StatusCode.OK,
                        firstMessageId + " " + partition.index() + " " + firstOffset + " " + durability.wireName());
            }

            @Override
            public void onFailed(AppendFailure failure) {
                fail(
                        exchange,
                        partition.topic(),
                        AppendAnswers.codeOf(failure.reason()),
                        failed + "Detail:" + failure.message());
            }
        });
        if (!writer.offer(append)) {
            fail(exchange, partition.topic(), StatusCode.BUSY, failed + "Detail:the broker is busy; try again");
            stored.release();
        }
    }

    private void fail(Exchange exchange, String topic, int code, String text) {
        counters.putFailed(topic);
        exchange.result(code, text);
    }
}
