// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.server.commit.LogHandle;

/** One partition of a topic on this broker. Immutable but for {@link #isClosed}. CONTRACT SKELETON, being built. */
public final class Partition {
    public String topic() {
        throw new UnsupportedOperationException();
    }

    public int index() {
        throw new UnsupportedOperationException();
    }

    public LogHandle log() {
        throw new UnsupportedOperationException();
    }

    /** Closed by an operator: answers 403 to puts and gets. Persisted. */
    public boolean isClosed() {
        throw new UnsupportedOperationException();
    }
}
