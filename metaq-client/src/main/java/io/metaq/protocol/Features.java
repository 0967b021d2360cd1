// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The extensions a broker speaks. They stand, separated by spaces, behind the version in the body of the reply to
 * {@code version}: {@code 2.0.0 batch fetch producer metadata seek admin}. An original broker answers a bare version and
 * so announces none; an original client ignores the body.
 */
public enum Features {
    BATCH,
    FETCH,
    PRODUCER,
    METADATA,
    SEEK,
    ADMIN;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The body of a {@code version} reply that announces every feature. */
    public static String announce(String version) {
        StringBuilder body = new StringBuilder(version);
        for (Features feature : values()) {
            body.append(' ').append(feature.wireName());
        }
        return body.toString();
    }

    /** What the body of a {@code version} reply announces; unknown words are features of a newer broker and ignored. */
    public static Set<Features> parse(String versionBody) {
        Set<Features> found = EnumSet.noneOf(Features.class);
        if (versionBody != null) {
            List<String> words = List.of(versionBody.split(" ", -1));
            Arrays.stream(values())
                    .filter(feature -> words.contains(feature.wireName()))
                    .forEach(found::add);
        }
        return found;
    }
}
