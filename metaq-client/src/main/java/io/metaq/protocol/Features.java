// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import java.util.Locale;
import java.util.Optional;

/** The extensions a broker may speak; which of them it does stands in its {@link Announcement}. */
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

    /** What a broker must have announced before it is asked this; empty for MetaQ 1.4's commands. */
    public static Optional<Features> neededFor(Request request) {
        if (request instanceof Request.BatchPut) {
            return Optional.of(BATCH);
        } else if (request instanceof Request.Fetch) {
            return Optional.of(FETCH);
        } else if (request instanceof Request.NewProducer) {
            return Optional.of(PRODUCER);
        } else if (request instanceof Request.Metadata) {
            return Optional.of(METADATA);
        } else if (request instanceof Request.Seek) {
            return Optional.of(SEEK);
        }
        return request instanceof Request.Admin ? Optional.of(ADMIN) : Optional.empty();
    }
}
