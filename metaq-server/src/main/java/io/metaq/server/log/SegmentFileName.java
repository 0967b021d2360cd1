// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names in a log's directory: twenty digits of base offset and a suffix. Source: MetaQ 1.4. */
final class SegmentFileName {
    static final String SEGMENT_SUFFIX = ".meta";
    static final String INDEX_SUFFIX = ".index";
    private static final Pattern SEGMENT = Pattern.compile("(\\d{20})\\.meta");
    /** Records lie also in what retention has archived, and in what a recovery has cut off, from the offset in its name on. */
    private static final Pattern RECORDS = Pattern.compile("(?<base>\\d{20})\\.meta(\\.arc|\\.cut-(?<cut>\\d{1,19}))?");

    private SegmentFileName() {}

    static String of(long baseOffset) {
        return String.format(Locale.ROOT, "%020d%s", baseOffset, SEGMENT_SUFFIX);
    }

    static Path indexOf(Path segment) {
        String name = segment.getFileName().toString();
        return segment.resolveSibling(name.substring(0, name.length() - SEGMENT_SUFFIX.length()) + INDEX_SUFFIX);
    }

    /** Empty for a file that is no segment. */
    static OptionalLong baseOffset(Path file) {
        Matcher matcher = SEGMENT.matcher(file.getFileName().toString());
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        BigInteger offset = new BigInteger(matcher.group(1));
        return offset.bitLength() < Long.SIZE ? OptionalLong.of(offset.longValue()) : OptionalLong.empty();
    }

    /** The offset of the first byte of a file that holds records: a segment, an archive, or a cut. Empty for others. */
    static OptionalLong firstOffset(Path file) {
        Matcher matcher = RECORDS.matcher(file.getFileName().toString());
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        String digits = matcher.group("cut") == null ? matcher.group("base") : matcher.group("cut");
        BigInteger offset = new BigInteger(digits);
        return offset.bitLength() < Long.SIZE ? OptionalLong.of(offset.longValue()) : OptionalLong.empty();
    }
}
