// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

/**
 * The bits of a record's flag.
 *
 * <pre>
 *   bit   meaning
 *     0   the payload begins with an attribute block (MetaQ 1.4)
 *     1   the attribute block carries key and headers behind the attribute (see {@link Attributes})
 *     2   the record is a wrapper: its payload is a compressed batch (format 2 topics only, see {@link WrapperBatch})
 *   4-6   the wrapper's compression, {@link Compression#id()}
 * </pre>
 *
 * All other bits belong to the application and are kept as they came.
 */
public final class RecordFlags {
    public static final int HAS_ATTRIBUTE = 1;
    public static final int EXTENDED_ATTRIBUTE = 1 << 1;
    public static final int WRAPPER = 1 << 2;

    private static final int COMPRESSION_SHIFT = 4;
    private static final int COMPRESSION_MASK = 0b111 << COMPRESSION_SHIFT;

    private RecordFlags() {}

    public static boolean hasAttribute(int flag) {
        return (flag & HAS_ATTRIBUTE) != 0;
    }

    public static boolean isExtended(int flag) {
        return (flag & EXTENDED_ATTRIBUTE) != 0;
    }

    public static boolean isWrapper(int flag) {
        return (flag & WRAPPER) != 0;
    }

    public static int wrapper(Compression compression) {
        return WRAPPER | compression.id() << COMPRESSION_SHIFT;
    }

    public static int compressionId(int flag) {
        return (flag & COMPRESSION_MASK) >>> COMPRESSION_SHIFT;
    }
}
