// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Writes a header line field by field, straight into a buffer. */
final class HeaderWriter {
    private final ByteBuf out;

    private HeaderWriter(ByteBuf out) {
        this.out = out;
    }

    static HeaderWriter line(ByteBuf out, String word) {
        ByteBufUtil.writeAscii(out, word);
        return new HeaderWriter(out);
    }

    HeaderWriter text(String field) {
        out.writeByte(' ');
        ByteBufUtil.writeUtf8(out, field);
        return this;
    }

    HeaderWriter number(long field) {
        out.writeByte(' ');
        if (field == Long.MIN_VALUE) {
            ByteBufUtil.writeAscii(out, "-9223372036854775808");
            return this;
        }
        long rest = field;
        if (rest < 0) {
            out.writeByte('-');
            rest = -rest;
        }
        int digits = 1;
        for (long bound = 10; digits < 19 && rest >= bound; bound *= 10) {
            digits++;
        }
        out.ensureWritable(digits);
        int end = out.writerIndex() + digits;
        for (int at = end - 1; at >= end - digits; at--) {
            out.setByte(at, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        out.writerIndex(end);
        return this;
    }

    void end() {
        out.writeByte('\r').writeByte('\n');
    }
}
