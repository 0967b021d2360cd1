// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What travels in a record's attribute block: MetaQ 1.4's attribute and, inside the same text, key and headers.
 *
 * <pre>
 *   block   int32 length, then the text in UTF-8
 *   text    attribute                                     without key and headers (MetaQ 1.4's form)
 *           attribute U+0000 ('A' | 'N') field*           with them; 'N': there is no attribute
 *   field   chars ':' text ','  or  '-,' for none         first the key, then each header's name and value
 * </pre>
 *
 * <p>So a 1.4 consumer gets the exact payload, and a plain attribute when nothing else was sent. Lengths count UTF-16 chars.
 *
 * @param attribute null: none; the empty string is an attribute
 * @param key null: none
 * @param headers in the order they were set; names are not null, values neither
 */
public record Attributes(String attribute, String key, Map<String, String> headers) {
    public static final Attributes NONE = new Attributes(null, null, Map.of());

    private static final char SEPARATOR = '\u0000';

    private boolean isExtended() {
        return key != null || !headers.isEmpty();
    }

    /** The flag bits of a record with these attributes. */
    public int flag() {
        if (isExtended()) {
            return RecordFlags.HAS_ATTRIBUTE | RecordFlags.EXTENDED_ATTRIBUTE;
        }
        return attribute == null ? 0 : RecordFlags.HAS_ATTRIBUTE;
    }

    /**
     * The block, length first; empty when there is nothing to say.
     *
     * @throws IllegalArgumentException for an attribute with U+0000 beside a key or headers
     */
    public byte[] encode() {
        if (flag() == 0) {
            return new byte[0];
        }
        byte[] text = text().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Integer.BYTES + text.length)
                .putInt(text.length)
                .put(text)
                .array();
    }

    private String text() {
        if (!isExtended()) {
            return attribute;
        }
        if (attribute != null && attribute.indexOf(SEPARATOR) >= 0) {
            throw new IllegalArgumentException("an attribute beside a key or headers may not contain U+0000");
        }
        StringBuilder text = new StringBuilder();
        text.append(attribute == null ? "" : attribute).append(SEPARATOR).append(attribute == null ? 'N' : 'A');
        appendField(text, key);
        headers.forEach((name, value) -> {
            appendField(text, name);
            appendField(text, value);
        });
        return text.toString();
    }

    private static void appendField(StringBuilder text, String field) {
        if (field == null) {
            text.append("-,");
        } else {
            text.append(field.length()).append(':').append(field).append(',');
        }
    }

    /**
     * Reads the block at the payload's reader index and moves behind it. A block that is not what its flag says (an
     * application may use the flag's bits for itself) is taken as a plain attribute.
     *
     * @throws IllegalArgumentException when the block does not fit into the payload
     */
    public static Attributes read(int flag, ByteBuf payload) {
        if (!RecordFlags.hasAttribute(flag)) {
            return NONE;
        }
        if (payload.readableBytes() < Integer.BYTES) {
            throw new IllegalArgumentException("the payload is too short for an attribute");
        }
        int length = payload.readInt();
        if (length < 0 || length > payload.readableBytes()) {
            throw new IllegalArgumentException(
                    "attribute of " + length + " bytes in a payload with " + payload.readableBytes() + " left");
        }
        String text = payload.readCharSequence(length, StandardCharsets.UTF_8).toString();
        Attributes extended = RecordFlags.isExtended(flag) ? parse(text) : null;
        return extended == null ? new Attributes(text, null, Map.of()) : extended;
    }

    /** Null when the text is not of the extended form. */
    private static Attributes parse(String text) {
        int separator = text.indexOf(SEPARATOR);
        if (separator < 0 || separator + 1 >= text.length()) {
            return null;
        }
        char presence = text.charAt(separator + 1);
        if (presence != 'A' && presence != 'N') {
            return null;
        }
        Fields fields = new Fields(text, separator + 2);
        String key = fields.next();
        Map<String, String> headers = new LinkedHashMap<>();
        while (fields.hasMore()) {
            String name = fields.next();
            String value = fields.next();
            if (name != null && value != null) {
                headers.put(name, value);
            }
        }
        return fields.isSound()
                ? new Attributes(presence == 'A' ? text.substring(0, separator) : null, key, headers)
                : null;
    }

    /** A cursor over netstrings; what is not sound ends it. */
    private static final class Fields {
        private final String text;
        private int at;
        private boolean sound = true;

        Fields(String text, int at) {
            this.text = text;
            this.at = at;
        }

        boolean isSound() {
            return sound;
        }

        boolean hasMore() {
            return sound && at < text.length();
        }

        String next() {
            if (!sound) {
                return null;
            }
            if (text.startsWith("-,", at)) {
                at += 2;
                return null;
            }
            int colon = text.indexOf(':', at);
            int length = colon < 0 || colon - at > 9 ? -1 : parseLength(colon);
            int end = colon + 1 + length;
            if (length < 0 || end < 0 || end >= text.length() || text.charAt(end) != ',') {
                sound = false;
                return null;
            }
            at = end + 1;
            return text.substring(colon + 1, end);
        }

        private int parseLength(int colon) {
            int length = colon == at ? -1 : 0;
            for (int i = at; i < colon && length >= 0; i++) {
                char c = text.charAt(i);
                length = c < '0' || c > '9' ? -1 : length * 10 + (c - '0');
            }
            return length;
        }
    }
}
