// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.testkit.SeededCases;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** An id tells what it was made of, so two ids made of different things differ. */
class MessageIdsTest {
    private static final long LAST_TICK =
            MessageIds.firstTickOf(Instant.parse("2046-01-01T00:00:00Z").toEpochMilli());

    private static int brokerId(RandomGenerator random) {
        return random.nextInt(MessageIds.MAX_BROKER_ID + 1);
    }

    @Test
    void aPlainIdGivesBackItsTickAndIsNeverTakenForAnIdempotentOne() {
        SeededCases.run(100_000, 81, random -> {
            long tick = random.nextLong(1, LAST_TICK);
            int broker = brokerId(random);
            long id = MessageIds.plain(tick, broker);
            assertThat(id).isPositive();
            assertThat(MessageIds.tickOf(id)).isEqualTo(tick);
            assertThat((id >>> 12) & MessageIds.MAX_BROKER_ID).isEqualTo(broker);
            assertThat(MessageIds.isIdempotent(id)).isFalse();
        });
    }

    @Test
    void anIdempotentIdGivesBackItsProducerAndSequence() {
        SeededCases.run(100_000, 82, random -> {
            int broker = brokerId(random);
            int number = random.nextInt(MessageIds.MAX_PRODUCER_NUMBER + 1);
            int sequence = random.nextInt(MessageIds.MAX_SEQUENCE + 1);
            long producer = MessageIds.producerId(broker, number);
            long id = MessageIds.idempotent(producer, sequence);
            assertThat(producer).isBetween(0L, MessageIds.MAX_PRODUCER_ID);
            assertThat(id).isPositive();
            assertThat(MessageIds.isIdempotent(id)).isTrue();
            assertThat(MessageIds.producerId(id)).isEqualTo(producer);
            assertThat(MessageIds.sequence(id)).isEqualTo(sequence);
        });
    }

    @Test
    void theExtremesAreInRange() {
        long last = MessageIds.idempotent(MessageIds.MAX_PRODUCER_ID, MessageIds.MAX_SEQUENCE);
        assertThat(last).isEqualTo(Long.MAX_VALUE);
        assertThat(MessageIds.producerId(MessageIds.MAX_BROKER_ID, MessageIds.MAX_PRODUCER_NUMBER))
                .isEqualTo(MessageIds.MAX_PRODUCER_ID);
        assertThat(MessageIds.isIdempotent(-1)).isFalse();
        assertThat(MessageIds.isIdempotent(Long.MIN_VALUE)).isFalse();
    }

    @Test
    void ticksThatFollowEachOtherGiveRisingIdsAndBrokersDoNotMeet() {
        long tick = MessageIds.firstTickOf(Instant.parse("2026-07-01T00:00:00Z").toEpochMilli());
        Set<Long> ids = new HashSet<>();
        for (int broker : new int[] {0, 1, 511, MessageIds.MAX_BROKER_ID}) {
            long before = 0;
            for (int i = 0; i < 10_000; i++) {
                long id = MessageIds.plain(tick + i, broker);
                assertThat(id).isGreaterThan(before);
                assertThat(ids.add(id)).isTrue();
                before = id;
            }
        }
    }
}
