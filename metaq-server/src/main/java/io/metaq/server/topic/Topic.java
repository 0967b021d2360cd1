// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import java.util.List;

/** A topic as it is now; altering makes a new one. CONTRACT SKELETON, being built. */
public final class Topic {
    public String name() {
        throw new UnsupportedOperationException();
    }

    public TopicSettings settings() {
        throw new UnsupportedOperationException();
    }

    /** Index is the partition's number. */
    public List<Partition> partitions() {
        throw new UnsupportedOperationException();
    }
}
