// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.record.MessageIds;
import java.time.InstantSource;

/**
 * Gives out plain message ids: positive, rising, never twice, also when the clock steps back or the broker restarts.
 * Belongs to the log writer once the store is open.
 */
final class MessageIdSource {
    private final int brokerId;
    private final InstantSource clock;
    // Written by the writer, read by the checkpointer.
    private volatile long lastTick;

    MessageIdSource(int brokerId, InstantSource clock) {
        this.brokerId = brokerId;
        this.clock = clock;
    }

    /** @param lastIssuedTick the tick of the greatest plain id that is known to have been given out; 0 for none */
    void startAfterTick(long lastIssuedTick) {
        lastTick = lastIssuedTick;
    }

    /** The next id. */
    long next() {
        long tick = Math.max(lastTick + 1, MessageIds.firstTickOf(clock.millis()));
        lastTick = tick;
        return MessageIds.plain(tick, brokerId);
    }

    /** Leaves ids out: a wrapper's messages take those that follow its own. */
    void skip(int count) {
        lastTick += Math.max(0, count);
    }

    long lastIssued() {
        return MessageIds.plain(lastTick, brokerId);
    }
}
