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
    private long lastTick;

    /** @param lastIssued the greatest plain id that is known to have been given out; 0 for none */
    MessageIdSource(int brokerId, InstantSource clock, long lastIssued) {
        this.brokerId = brokerId;
        this.clock = clock;
        this.lastTick = MessageIds.tickOf(lastIssued);
    }

    /** The next id. */
    long next() {
        lastTick = Math.max(lastTick + 1, MessageIds.firstTickOf(clock.millis()));
        return MessageIds.plain(lastTick, brokerId);
    }

    long lastIssued() {
        return MessageIds.plain(lastTick, brokerId);
    }
}
