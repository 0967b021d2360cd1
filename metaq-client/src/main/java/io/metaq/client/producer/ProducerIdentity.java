// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.record.MessageIds;

/** A producer id and its next sequence number. Belongs to the sender's loop. */
final class ProducerIdentity {
    private final long producerId;
    private int next;

    ProducerIdentity(long producerId) {
        this(producerId, 0);
    }

    ProducerIdentity(long producerId, int next) {
        this.producerId = producerId;
        this.next = next;
    }

    long producerId() {
        return producerId;
    }

    boolean hasRoomFor(int count) {
        return next <= MessageIds.MAX_SEQUENCE - count + 1;
    }

    /** The first of {@code count} sequence numbers that nobody else gets. */
    int take(int count) {
        int first = next;
        next += count;
        return first;
    }
}
