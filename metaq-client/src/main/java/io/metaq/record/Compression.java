// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How a batch is compressed. The id travels in record flags, the name on the wire and in settings. */
public enum Compression {
    NONE(0),
    GZIP(1),
    SNAPPY(2),
    LZ4(3),
    ZSTD(4);

    private final int id;

    Compression(int id) {
        this.id = id;
    }

    public int id() {
        return id;
    }

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Compression> find(String wireName) {
        return Arrays.stream(values())
                .filter(c -> c.wireName().equals(wireName))
                .findFirst();
    }

    public static Optional<Compression> find(int id) {
        return Arrays.stream(values()).filter(c -> c.id == id).findFirst();
    }
}
