// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.metaq.record.PayloadChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.MessageToMessageEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@link Request}s to bytes, on the client's side. A body is handed on as it is, not copied. */
@Sharable
public final class RequestEncoder extends MessageToMessageEncoder<Request> {
    private static final int HEADER_ESTIMATE = 128;

    public RequestEncoder() {
        super(Request.class);
    }

    @Override
    protected void encode(ChannelHandlerContext context, Request request, List<Object> out) {
        ByteBuf header = context.alloc().buffer(HEADER_ESTIMATE);
        out.add(header);
        ByteBuf body = writeHeader(request, header);
        if (body != null) {
            // The request owned one reference, and the encoder's caller releases the request no further.
            out.add(body);
        }
    }

    /** Writes the line, and a small body behind it; returns a large body that is to follow, or null. */
    static ByteBuf writeHeader(Request request, ByteBuf out) {
        if (request instanceof Request.Put put) {
            return put(put, out);
        } else if (request instanceof Request.BatchPut batch) {
            return batch(batch, out);
        } else if (request instanceof Request.Sync sync) {
            return sync(sync, out);
        } else if (request instanceof Request.Fetch fetch) {
            fetch(fetch, out);
        } else if (request instanceof Request.Get get) {
            HeaderWriter.line(out, "get")
                    .text(get.topic())
                    .text(get.group())
                    .number(get.partition())
                    .number(get.offset())
                    .number(get.maxBytes())
                    .number(get.opaque())
                    .end();
        } else if (request instanceof Request.Offset offset) {
            HeaderWriter.line(out, "offset")
                    .text(offset.topic())
                    .text(offset.group())
                    .number(offset.partition())
                    .number(offset.offset())
                    .number(offset.opaque())
                    .end();
        } else if (request instanceof Request.Stats stats) {
            HeaderWriter.line(out, "stats")
                    .text(stats.item())
                    .number(stats.opaque())
                    .end();
        } else if (request instanceof Request.Version version) {
            HeaderWriter.line(out, "version").number(version.opaque()).end();
        } else if (request instanceof Request.Quit) {
            HeaderWriter.line(out, "quit").end();
        } else if (request instanceof Request.NewProducer producer) {
            HeaderWriter.line(out, "producer").number(producer.opaque()).end();
        } else if (request instanceof Request.Metadata metadata) {
            HeaderWriter.line(out, "metadata")
                    .text(metadata.topic())
                    .number(metadata.opaque())
                    .end();
        } else if (request instanceof Request.Seek seek) {
            HeaderWriter.line(out, "seek")
                    .text(seek.topic())
                    .number(seek.partition())
                    .number(seek.timestampMs())
                    .number(seek.opaque())
                    .end();
        } else if (request instanceof Request.Transaction transaction) {
            transaction(transaction, out);
        } else if (request instanceof Request.Admin admin) {
            byte[] json = admin.json().getBytes(StandardCharsets.UTF_8);
            HeaderWriter.line(out, "admin")
                    .text(admin.verb())
                    .number(json.length)
                    .number(admin.opaque())
                    .end();
            out.writeBytes(json);
        } else if (request instanceof Request.Oversized) {
            throw new IllegalArgumentException("a client sends what the broker takes, not " + request);
        }
        return null;
    }

    private static ByteBuf put(Request.Put put, ByteBuf out) {
        HeaderWriter header = HeaderWriter.line(out, "put")
                .text(put.topic())
                .number(put.partition())
                .number(put.payload().readableBytes())
                .number(put.flag())
                .number(put.checksum());
        if (put.transactionKey() != null) {
            header.text(put.transactionKey());
        }
        header.number(put.opaque()).end();
        return put.payload();
    }

    private static ByteBuf batch(Request.BatchPut batch, ByteBuf out) {
        HeaderWriter.line(out, "batch")
                .text(batch.topic())
                .number(batch.partition())
                .number(batch.records().readableBytes())
                .number(batch.recordCount())
                .text(batch.compression())
                .number(batch.producerId())
                .number(batch.previousSequence())
                .number(batch.opaque())
                .end();
        return batch.records();
    }

    private static ByteBuf sync(Request.Sync sync, ByteBuf out) {
        HeaderWriter header = HeaderWriter.line(out, "sync")
                .text(sync.topic())
                .number(sync.partition())
                .number(sync.payload().readableBytes())
                .number(sync.flag())
                .number(sync.messageId());
        if (sync.checksum() != PayloadChecksum.NONE) {
            header.number(sync.checksum());
        }
        header.number(sync.opaque()).end();
        return sync.payload();
    }

    private static void fetch(Request.Fetch fetch, ByteBuf out) {
        StringBuilder lines = new StringBuilder(64 * fetch.partitions().size());
        for (Request.FetchPartition partition : fetch.partitions()) {
            lines.append(partition.topic())
                    .append(' ')
                    .append(partition.partition())
                    .append(' ')
                    .append(partition.offset())
                    .append(' ')
                    .append(partition.maxBytes())
                    .append("\r\n");
        }
        HeaderWriter.line(out, "fetch")
                .text(fetch.group())
                .number(fetch.maxWaitMs())
                .number(fetch.minBytes())
                .number(fetch.maxBytes())
                .number(lines.length())
                .number(fetch.opaque())
                .end();
        ByteBufUtil.writeAscii(out, lines);
    }

    private static void transaction(Request.Transaction transaction, ByteBuf out) {
        HeaderWriter header = HeaderWriter.line(out, "transaction")
                .text(transaction.key())
                .text(transaction.sessionId())
                .text(transaction.type());
        if (transaction.timeoutSeconds().isPresent()) {
            header.number(transaction.timeoutSeconds().getAsInt());
        }
        if (transaction.qualifier() != null) {
            header.text(transaction.qualifier());
        }
        header.number(transaction.opaque()).end();
    }
}
