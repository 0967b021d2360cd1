// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Bytes to {@link Reply}s, on the client's side; bounded like {@link RequestDecoder}, and ended by the first bad frame like it. */
public final class ReplyDecoder extends ByteToMessageDecoder {
    private static final int NO_BODY = -1;

    private final ProtocolLimits limits;
    private final HeaderLine line;
    private int bodyBytes = NO_BODY;
    private boolean ended;

    public ReplyDecoder(ProtocolLimits limits) {
        this.limits = limits;
        this.line = new HeaderLine(limits.maxLineBytes());
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (ended) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            Reply reply = next(in);
            if (reply != null) {
                out.add(reply);
            }
        } catch (RuntimeException e) {
            ended = true;
            throw e;
        }
    }

    private Reply next(ByteBuf in) {
        if (bodyBytes == NO_BODY) {
            if (!line.read(in)) {
                return null;
            }
            bodyBytes = announcedBody();
        }
        if (in.readableBytes() < bodyBytes) {
            return null;
        }
        int length = bodyBytes;
        bodyBytes = NO_BODY;
        if (line.isWord("result")) {
            String body = length == 0
                    ? ""
                    : in.readCharSequence(length, StandardCharsets.UTF_8).toString();
            return new Reply.Result(line.intAt(1), body, line.intAt(3));
        }
        int opaque = line.intAt(2);
        return new Reply.Value(in.readRetainedSlice(length), opaque);
    }

    private int announcedBody() {
        int announced;
        if (line.isWord("result")) {
            line.requireFields(4, 4);
            announced = line.intAt(2);
        } else if (line.isWord("value")) {
            line.requireFields(3, 3);
            announced = line.intAt(1);
        } else {
            throw new ProtocolException("'" + line + "' is no reply");
        }
        if (announced < 0 || announced > limits.maxBodyBytes()) {
            throw new ProtocolException(
                    "'" + line + "' announces " + announced + " bytes; 0 to " + limits.maxBodyBytes() + " are allowed");
        }
        return announced;
    }
}
