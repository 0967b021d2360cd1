// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordBatch;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.Append;
import io.metaq.server.commit.AppendFailure;
import io.metaq.server.commit.Durability;
import io.metaq.server.commit.GroupCommit;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.Partition;
import io.netty.buffer.ByteBuf;

/** {@code put}: one message, as MetaQ 1.4's producers send it. */
final class PutHandler implements CommandHandler<Request.Put> {
    private final PutTarget target;
    private final GroupCommit writer;
    private final CommandConfig config;
    private final CommandCounters counters;
    private final CommandHandler<Request.Put> inTransactions;

    /** @param inTransactions takes the puts that name a transaction; null: there can be none */
    PutHandler(
            PutTarget target,
            GroupCommit writer,
            CommandConfig config,
            CommandCounters counters,
            CommandHandler<Request.Put> inTransactions) {
        this.target = target;
        this.writer = writer;
        this.config = config;
        this.counters = counters;
        this.inTransactions = inTransactions;
    }

    @Override
    public void handle(Request.Put put, Exchange exchange) {
        if (put.transactionKey() != null && inTransactions != null) {
            inTransactions.handle(put, exchange);
            return;
        }
        if (put.transactionKey() != null) {
            put.payload().release();
            fail(exchange, put.topic(), StatusCode.FAILED, notStarted(put.transactionKey()));
            return;
        }
        ByteBuf payload = put.payload();
        int length = payload.readableBytes();
        String failed = AppendAnswers.putFailed(config.brokerUrl(), put.topic(), put.partition());
        if (length > config.maxMessageBytes()) {
            payload.release();
            fail(
                    exchange,
                    put.topic(),
                    StatusCode.FAILED,
                    failed + "Detail:" + AppendAnswers.payloadTooLarge(length, config));
            return;
        }
        int checksum = RecordBatch.checksum(payload, payload.readerIndex(), length);
        if (put.checksum() != PayloadChecksum.NONE && put.checksum() != checksum) {
            payload.release();
            fail(
                    exchange,
                    put.topic(),
                    StatusCode.FAILED,
                    failed + "Detail:Checksum failure,message may be corrupted when transfering on networking.");
            return;
        }
        ByteBuf record = record(exchange, payload, length, checksum, put.flag());
        target.find(put.topic(), put.partition(), partition -> append(partition, record, exchange, failed), refusal -> {
            record.release();
            fail(exchange, put.topic(), refusal.code(), refusal.text());
        });
    }

    private static String notStarted(String transactionKey) {
        return transactionKey.startsWith("XID:")
                ? "XA transaction '" + transactionKey + "' has not been started."
                : "Local transaction '" + transactionKey + "' has not been started.";
    }

    /** The record in storage layout; its id is stamped by the writer. Takes the payload. */
    private static ByteBuf record(Exchange exchange, ByteBuf payload, int length, int checksum, int flag) {
        ByteBuf record = exchange.allocator().buffer(RecordLayout.recordBytes(length));
        record.writeInt(length).writeInt(checksum).writeLong(0).writeInt(flag).writeBytes(payload);
        payload.release();
        return record;
    }

    private void append(Partition partition, ByteBuf record, Exchange exchange, String failed) {
        int bytes = record.readableBytes();
        Append append = new Append(partition.log(), record, 1, null, new Append.Listener() {
            @Override
            public void onAppended(long firstMessageId, long firstOffset, long nextOffset, Durability durability) {
                counters.put(partition.topic(), 1, bytes);
                exchange.result(StatusCode.OK, firstMessageId + " " + partition.index() + " " + firstOffset);
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
            record.release();
            fail(exchange, partition.topic(), StatusCode.BUSY, failed + "Detail:the broker is busy; try again");
        }
    }

    private void fail(Exchange exchange, String topic, int code, String text) {
        counters.putFailed(topic);
        exchange.result(code, text);
    }
}
