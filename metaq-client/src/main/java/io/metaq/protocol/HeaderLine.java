// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * One header line, split at each single space as MetaQ 1.4 does: two spaces make an empty field, trailing empty fields are
 * dropped. Reused from line to line; not thread-safe.
 */
final class HeaderLine {
    private static final int MAX_FIELDS = 16;
    private static final byte SPACE = ' ';

    private final byte[] line;
    private final int[] starts = new int[MAX_FIELDS];
    private final int[] ends = new int[MAX_FIELDS];
    private int length;
    private int fieldCount;

    HeaderLine(int maxLineBytes) {
        line = new byte[maxLineBytes];
    }

    /**
     * Reads one line, with its CRLF, if it is there whole.
     *
     * @throws ProtocolException when it is too long or has too many fields
     */
    boolean read(ByteBuf in) {
        int available = Math.min(in.readableBytes(), line.length + 2);
        int newline = in.indexOf(in.readerIndex(), in.readerIndex() + available, (byte) '\n');
        if (newline < 0) {
            if (in.readableBytes() >= line.length + 2) {
                throw new ProtocolException("header line of more than " + line.length + " bytes");
            }
            return false;
        }
        length = newline - in.readerIndex();
        if (length > line.length + 1) {
            throw new ProtocolException("header line of more than " + line.length + " bytes");
        }
        if (length > 0 && in.getByte(newline - 1) == '\r') {
            length--;
        }
        if (length > line.length) {
            throw new ProtocolException("header line of more than " + line.length + " bytes");
        }
        in.getBytes(in.readerIndex(), line, 0, length);
        in.readerIndex(newline + 1);
        split();
        return true;
    }

    private void split() {
        fieldCount = 0;
        int start = 0;
        for (int i = 0; i <= length; i++) {
            if (i == length || line[i] == SPACE) {
                if (fieldCount == MAX_FIELDS) {
                    throw new ProtocolException("header line with more than " + MAX_FIELDS + " fields");
                }
                starts[fieldCount] = start;
                ends[fieldCount] = i;
                fieldCount++;
                start = i + 1;
            }
        }
        while (fieldCount > 0 && starts[fieldCount - 1] == ends[fieldCount - 1]) {
            fieldCount--;
        }
    }

    int fieldCount() {
        return fieldCount;
    }

    /** The first byte of the line; 0 when it is empty. */
    byte first() {
        return length == 0 ? 0 : line[0];
    }

    boolean isWord(String word) {
        if (fieldCount == 0 || ends[0] != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (line[i] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    void requireFields(int least, int most) {
        if (fieldCount < least || fieldCount > most) {
            throw new ProtocolException("'" + this + "' has " + fieldCount + " fields, not " + least
                    + (least == most ? "" : " to " + most));
        }
    }

    String text(int field) {
        return new String(line, starts[field], ends[field] - starts[field], StandardCharsets.UTF_8);
    }

    /** Does the field look like a number: a digit or a minus first? */
    boolean startsNumber(int field) {
        if (starts[field] == ends[field]) {
            return false;
        }
        byte first = line[starts[field]];
        return first == '-' || first >= '0' && first <= '9';
    }

    boolean isAllDigits(int field) {
        for (int i = starts[field]; i < ends[field]; i++) {
            if (line[i] < '0' || line[i] > '9') {
                return false;
            }
        }
        return starts[field] < ends[field];
    }

    int intAt(int field) {
        long value = longAt(field);
        if (value != (int) value) {
            throw notANumber(field);
        }
        return (int) value;
    }

    long longAt(int field) {
        int at = starts[field];
        int end = ends[field];
        boolean negative = at < end && line[at] == '-';
        if (negative) {
            at++;
        }
        if (at == end || end - at > 19) {
            throw notANumber(field);
        }
        long value = 0;
        for (; at < end; at++) {
            int digit = line[at] - '0';
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                throw notANumber(field);
            }
            value = value * 10 - digit; // downwards, because Long.MIN_VALUE has no positive
        }
        if (!negative && value == Long.MIN_VALUE) {
            throw notANumber(field);
        }
        return negative ? value : -value;
    }

    private ProtocolException notANumber(int field) {
        return new ProtocolException("field " + field + " of '" + this + "' is not a number in range");
    }

    @Override
    public String toString() {
        String shown = new String(line, 0, Math.min(length, 100), StandardCharsets.UTF_8);
        char[] printable = shown.toCharArray();
        for (int i = 0; i < printable.length; i++) {
            if (Character.isISOControl(printable[i])) {
                printable[i] = '?';
            }
        }
        return new String(printable) + (length > 100 ? "..." : "");
    }
}
