// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;

/** {@link Reply}s to bytes, on the broker's side. Data that follow a {@code value} line are written by whoever has them. */
public final class ReplyEncoder {
    private static final int HEADER_ESTIMATE = 64;

    private ReplyEncoder() {}

    public static ByteBuf result(ByteBufAllocator allocator, int code, String body, int opaque) {
        int bodyBytes = ByteBufUtil.utf8Bytes(body);
        ByteBuf out = allocator.buffer(HEADER_ESTIMATE + bodyBytes);
        HeaderWriter.line(out, "result")
                .number(code)
                .number(bodyBytes)
                .number(opaque)
                .end();
        ByteBufUtil.writeUtf8(out, body);
        return out;
    }

    /** Only the line; {@code dataBytes} bytes must follow. */
    public static ByteBuf valueHeader(ByteBufAllocator allocator, int dataBytes, int opaque) {
        ByteBuf out = allocator.buffer(HEADER_ESTIMATE);
        HeaderWriter.line(out, "value").number(dataBytes).number(opaque).end();
        return out;
    }
}
