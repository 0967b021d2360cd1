// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.metaq.record.PayloadChecksum;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Bytes to {@link Request}s, on the broker's side, by MetaQ 1.4's rules: the first character of the line chooses the
 * parser, most check the whole word, any {@code q...} quits and any other {@code v...} asks for the version.
 *
 * <p>A {@code put} or {@code batch} that is sound but for its length becomes {@link Request.Oversized}, and its body is thrown away, up
 * to a length that no setting of any broker exceeds: its sender only believes in larger limits. A longer one is taken for an error.
 *
 * <p>A length is checked before anything is kept for it, and a body's memory grows as its bytes arrive. Throws {@link
 * ProtocolException} (wrapped by Netty in a DecoderException); framing is lost then and the connection is to be closed.
 * Behind such a frame, and behind {@code quit}, nothing is read any more: what follows might be taken for commands.
 */
public final class RequestDecoder extends ByteToMessageDecoder {
    private static final int NO_OPAQUE = Integer.MAX_VALUE;
    private static final int MAX_NAME_CHARS = 255;
    private static final int MAX_FETCH_PARTITIONS = 10_000;
    private static final int NO_BODY = -1;
    /** The largest maxBatchSize that a broker can be given. */
    static final int MAX_SKIPPED_BYTES = 256 << 20;

    private final ProtocolLimits limits;
    private final HeaderLine line;
    private int bodyBytes = NO_BODY;
    /** Not null: what is to come of the body is thrown away. */
    private Request.Oversized oversized;

    private boolean ended;
    private boolean paused;
    private boolean bodyTold;

    /** A user event of the pipeline: a request's line has come, and so many bytes of body are to come; once a request. */
    public record BodyAwaited(int bytes) {}

    public RequestDecoder(ProtocolLimits limits) {
        this.limits = limits;
        this.line = new HeaderLine(limits.maxLineBytes());
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (ended) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (paused) {
            return;
        }
        Request request;
        try {
            request = next(in);
        } catch (RuntimeException e) {
            ended = true;
            throw e;
        }
        if (request != null) {
            ended = request instanceof Request.Quit;
            bodyTold = false;
            out.add(request);
        } else if (bodyBytes != NO_BODY && oversized == null && !bodyTold) {
            bodyTold = true;
            context.fireUserEventTriggered(new BodyAwaited(bodyBytes));
        }
    }

    /** (event loop) Keeps what arrives as bytes until {@link #resume}. */
    public void pause() {
        paused = true;
    }

    /** (event loop) An empty read must follow, for what has been kept. */
    public void resume() {
        paused = false;
    }

    /** (event loop) Has a part of a request arrived? Only while not paused: there may be whole ones then. */
    public boolean isInsideRequest() {
        return !ended && (bodyBytes != NO_BODY || actualReadableBytes() > 0);
    }

    /** Netty's own would read on for an unfinished request, also where reading has been stopped on purpose. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        discardSomeReadBytes();
        context.fireChannelReadComplete();
    }

    /** A peer that has finished sending is told to the handlers behind; what was kept is not thrown away for it. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        context.fireUserEventTriggered(event);
    }

    /** The next request, or null when it has not arrived whole. */
    private Request next(ByteBuf in) {
        if (bodyBytes == NO_BODY) {
            if (!line.read(in)) {
                return null;
            }
            bodyBytes = announcedBody();
            oversized = bodyBytes > limits.maxBodyBytes() ? oversized() : null;
        }
        if (oversized != null) {
            return skipped(in);
        }
        if (in.readableBytes() < bodyBytes) {
            return null;
        }
        int length = bodyBytes;
        bodyBytes = NO_BODY;
        return build(in, length);
    }

    private Request.Oversized oversized() {
        int opaque = line.intAt(line.fieldCount() - 1);
        return new Request.Oversized(line.isWord("batch"), name(1), line.intAt(2), bodyBytes, opaque);
    }

    /** Null while there is more to be thrown away. */
    private Request skipped(ByteBuf in) {
        int now = Math.min(bodyBytes, in.readableBytes());
        in.skipBytes(now);
        bodyBytes -= now;
        if (bodyBytes > 0) {
            return null;
        }
        Request refused = oversized;
        oversized = null;
        bodyBytes = NO_BODY;
        return refused;
    }

    /** How long a body the line announces; 0 for none. */
    private int announcedBody() {
        return switch (line.first()) {
            case 'p' -> line.isWord("put") ? putBody() : 0;
            case 's' -> line.isWord("sync") ? syncBody() : 0;
            case 'b' -> line.isWord("batch") ? batchBody() : 0;
            case 'f' -> line.isWord("fetch") ? fetchBody() : 0;
            case 'a' -> line.isWord("admin") ? adminBody() : 0;
            default -> 0;
        };
    }

    private int putBody() {
        line.requireFields(6, 8);
        return bounded(line.intAt(3), Math.max(limits.maxBodyBytes(), MAX_SKIPPED_BYTES));
    }

    private int syncBody() {
        line.requireFields(7, 8);
        return bounded(line.intAt(3), limits.maxBodyBytes());
    }

    private int batchBody() {
        line.requireFields(9, 9);
        return bounded(line.intAt(3), Math.max(limits.maxBodyBytes(), MAX_SKIPPED_BYTES));
    }

    private int fetchBody() {
        line.requireFields(7, 7);
        return bounded(line.intAt(5), limits.maxBodyBytes());
    }

    private int adminBody() {
        line.requireFields(4, 4);
        return bounded(line.intAt(2), limits.maxBodyBytes());
    }

    private int bounded(int announced, int most) {
        if (announced < 0 || announced > most) {
            throw new ProtocolException(
                    "'" + line + "' announces " + announced + " bytes; 0 to " + most + " are allowed");
        }
        return announced;
    }

    private Request build(ByteBuf in, int length) {
        return switch (line.first()) {
            case 'p' -> line.isWord("put") ? put(in, length) : producer();
            case 'g' -> get();
            case 'o' -> offset();
            case 's' -> s(in, length);
            case 'v' -> version();
            case 'q' -> new Request.Quit(NO_OPAQUE);
            case 't' -> transaction();
            case 'b' -> batch(in, length);
            case 'f' -> fetch(in, length);
            case 'm' -> metadata();
            case 'a' -> admin(in, length);
            default -> throw unknown();
        };
    }

    private ProtocolException unknown() {
        return new ProtocolException("'" + line + "' is no command");
    }

    private void requireWord(String word) {
        if (!line.isWord(word)) {
            throw unknown();
        }
    }

    private Request put(ByteBuf in, int length) {
        int fields = line.fieldCount();
        String topic = name(1);
        int partition = line.intAt(2);
        int flag = line.intAt(4);
        int checksum = PayloadChecksum.NONE;
        String transactionKey = null;
        if (fields == 8) {
            checksum = line.intAt(5);
            transactionKey = line.text(6);
        } else if (fields == 7 && line.startsNumber(5)) {
            checksum = line.intAt(5);
        } else if (fields == 7) {
            transactionKey = line.text(5);
        }
        int opaque = line.intAt(fields - 1);
        return new Request.Put(topic, partition, flag, checksum, transactionKey, in.readRetainedSlice(length), opaque);
    }

    private Request get() {
        requireWord("get");
        line.requireFields(7, 7);
        return new Request.Get(name(1), name(2), line.intAt(3), line.longAt(4), line.intAt(5), line.intAt(6));
    }

    private Request offset() {
        requireWord("offset");
        line.requireFields(6, 6);
        return new Request.Offset(name(1), name(2), line.intAt(3), line.longAt(4), line.intAt(5));
    }

    private Request s(ByteBuf in, int length) {
        if (line.isWord("stats")) {
            return stats();
        }
        return line.isWord("seek") ? seek() : sync(in, length);
    }

    private Request stats() {
        return switch (line.fieldCount()) {
            case 1 -> new Request.Stats("", NO_OPAQUE);
            case 2 -> new Request.Stats(line.text(1), NO_OPAQUE);
            case 3 -> new Request.Stats(line.text(1), line.intAt(2));
            default -> throw new ProtocolException("'" + line + "' has too many fields");
        };
    }

    private Request seek() {
        line.requireFields(5, 5);
        return new Request.Seek(name(1), line.intAt(2), line.longAt(3), line.intAt(4));
    }

    private Request sync(ByteBuf in, int length) {
        requireWord("sync");
        boolean checked = line.fieldCount() == 8;
        String topic = name(1);
        int partition = line.intAt(2);
        int flag = line.intAt(4);
        long messageId = line.longAt(5);
        int checksum = checked ? line.intAt(6) : PayloadChecksum.NONE;
        int opaque = line.intAt(checked ? 7 : 6);
        return new Request.Sync(topic, partition, flag, messageId, checksum, in.readRetainedSlice(length), opaque);
    }

    private Request version() {
        if (line.isWord("value")) {
            throw new ProtocolException("'" + line + "' is a reply, not a command");
        }
        return new Request.Version(line.fieldCount() > 1 ? line.intAt(1) : NO_OPAQUE);
    }

    private Request transaction() {
        requireWord("transaction");
        line.requireFields(5, 7);
        int fields = line.fieldCount();
        OptionalInt timeoutSeconds = OptionalInt.empty();
        String qualifier = null;
        if (fields == 7) {
            timeoutSeconds = OptionalInt.of(line.intAt(4));
            qualifier = line.text(5);
        } else if (fields == 6 && line.isAllDigits(4)) {
            timeoutSeconds = OptionalInt.of(line.intAt(4));
        } else if (fields == 6) {
            qualifier = line.text(4);
        }
        return new Request.Transaction(
                line.text(1), line.text(2), line.text(3), timeoutSeconds, qualifier, line.intAt(fields - 1));
    }

    private Request batch(ByteBuf in, int length) {
        String topic = name(1);
        int partition = line.intAt(2);
        int recordCount = line.intAt(4);
        String compression = line.text(5);
        long producerId = line.longAt(6);
        int previousSequence = line.intAt(7);
        int opaque = line.intAt(8);
        return new Request.BatchPut(
                topic,
                partition,
                recordCount,
                compression,
                producerId,
                previousSequence,
                in.readRetainedSlice(length),
                opaque);
    }

    private Request fetch(ByteBuf in, int length) {
        String group = name(1);
        int maxWaitMs = line.intAt(2);
        int minBytes = line.intAt(3);
        int maxBytes = line.intAt(4);
        int opaque = line.intAt(6);
        ByteBuf body = in.readSlice(length);
        List<Request.FetchPartition> partitions = new ArrayList<>();
        while (body.isReadable()) {
            if (!line.read(body)) {
                throw new ProtocolException("a fetch ends inside a line");
            }
            line.requireFields(4, 4);
            if (partitions.size() == MAX_FETCH_PARTITIONS) {
                throw new ProtocolException("a fetch of more than " + MAX_FETCH_PARTITIONS + " partitions");
            }
            partitions.add(new Request.FetchPartition(name(0), line.intAt(1), line.longAt(2), line.intAt(3)));
        }
        return new Request.Fetch(group, maxWaitMs, minBytes, maxBytes, partitions, opaque);
    }

    private Request producer() {
        requireWord("producer");
        line.requireFields(2, 2);
        return new Request.NewProducer(line.intAt(1));
    }

    private Request metadata() {
        requireWord("metadata");
        line.requireFields(3, 3);
        return new Request.Metadata(name(1), line.intAt(2));
    }

    private Request admin(ByteBuf in, int length) {
        String verb = name(1);
        int opaque = line.intAt(3);
        return new Request.Admin(
                verb, in.readCharSequence(length, StandardCharsets.UTF_8).toString(), opaque);
    }

    /** Topics and groups: printable ASCII, not too long. */
    private String name(int field) {
        String name = line.text(field);
        if (name.isEmpty() || name.length() > MAX_NAME_CHARS) {
            throw new ProtocolException("'" + line + "': a name has 1 to " + MAX_NAME_CHARS + " characters");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c <= ' ' || c >= 0x7F) {
                throw new ProtocolException("'" + line + "': a name has printable ASCII characters only");
            }
        }
        return name;
    }
}
