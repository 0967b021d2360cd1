// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.ProducerConfig;
import io.metaq.client.SendFailedException.Outcome;
import io.metaq.client.producer.LaneFixture.Sent;
import io.metaq.client.producer.ScriptedBroker.BatchSeen;
import io.metaq.protocol.Announcement;
import io.metaq.protocol.Features;
import io.metaq.protocol.SendLimits;
import io.metaq.testkit.SeededCases;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What one lane sends, repeats and tells. */
class PartitionLaneTest {
    /** A batch for each message, so that tests see single sequences. */
    private static final ProducerConfig ONE_BY_ONE = ProducerConfig.builder()
            .batchBytes(1)
            .maxInFlight(3)
            .retryBackoff(Duration.ofMillis(100))
            .deliveryTimeout(Duration.ofSeconds(10))
            .build();

    private final ScriptedBroker broker = ScriptedBroker.idempotent();

    private static LaneFixture lane(ScriptedBroker broker) {
        return new LaneFixture(ONE_BY_ONE, broker);
    }

    @Test
    void batchesOfOneChainTravelTogetherUpToTheLimit() {
        try (LaneFixture lane = lane(broker)) {
            for (int i = 0; i < 5; i++) {
                lane.send("m" + i);
            }
            lane.run();
            assertThat(broker.waiting()).isEqualTo(3);
            broker.executeAndAnswerAll();
            lane.run();
            assertThat(broker.log()).containsExactly("m0", "m1", "m2", "m3", "m4");
            assertThat(broker.seen().stream().map(BatchSeen::previousSequence)).containsExactly(-1, 0, 1, 2, 3);
            assertThat(lane.sent()).allMatch(each -> each.told == 1 && each.result.isSuccess());
            assertThat(lane.bufferedBytes()).isZero();
        }
    }

    @Test
    void afterACutAllThatFlewIsSentAgainInOrderUnderTheSameSequences() {
        try (LaneFixture lane = lane(broker)) {
            lane.send("m0");
            lane.send("m1");
            lane.send("m2");
            lane.run();
            broker.execute();
            broker.execute();
            broker.cut();
            lane.run();
            assertThat(broker.waiting()).as("nothing before the pause is over").isZero();

            lane.advance(Duration.ofMillis(100));
            broker.executeAndAnswerAll();
            lane.run();
            assertThat(broker.log()).containsExactly("m0", "m1", "m2");
            assertThat(broker.seen().stream().map(BatchSeen::firstSequence)).containsExactly(0, 1, 0, 1, 2);
            assertThat(lane.sent()).allMatch(each -> each.told == 1 && each.result.isSuccess());
        }
    }

    @Test
    void whatIsBehindABusyAnswerIsSentAgainBehindIt() {
        try (LaneFixture lane = lane(broker)) {
            lane.send("m0");
            lane.send("m1");
            lane.run();
            broker.refuse(503);
            broker.execute();
            broker.answer();
            broker.answer();
            lane.advance(Duration.ofMillis(100));
            broker.executeAndAnswerAll();
            lane.run();
            assertThat(broker.log()).containsExactly("m0", "m1");
            assertThat(lane.bufferedBytes()).isZero();
        }
    }

    @Test
    void aMessageThatIsRefusedForGoodFailsAloneAndLaterOnesGoUnderANewIdentity() {
        try (LaneFixture lane = lane(broker)) {
            Sent refused = lane.send("m0");
            Sent next = lane.send("m1");
            lane.run();
            broker.refuse(403);
            broker.execute();
            broker.answer();
            broker.answer();
            lane.advance(Duration.ofMillis(100));
            broker.executeAndAnswerAll();
            lane.advance(Duration.ofMillis(100));
            broker.executeAndAnswerAll();
            assertThat(refused.outcome()).isEqualTo(Outcome.NOT_STORED);
            assertThat(next.result).isNotNull();
            assertThat(broker.log()).containsExactly("m1");
            assertThat(broker.seen().get(broker.seen().size() - 1).producerId()).isEqualTo(1);
        }
    }

    @Test
    void aBrokerThatForgotTheProducerMakesWhatMayBeStoredUnknownAndTheRestNew() {
        try (LaneFixture lane = lane(broker)) {
            lane.send("m0");
            lane.run();
            broker.executeAndAnswerAll();
            Sent cut = lane.send("m1");
            lane.run();
            broker.execute();
            broker.cut();
            Sent later = lane.send("m2");
            broker.forgetProducers();
            lane.advance(Duration.ofMillis(100));
            broker.executeAndAnswerAll();
            lane.advance(Duration.ofMillis(100));
            broker.executeAndAnswerAll();
            lane.advance(Duration.ofMillis(200));
            broker.executeAndAnswerAll();
            assertThat(cut.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(later.result).isNotNull();
            assertThat(broker.log()).containsExactly("m0", "m1", "m2");
        }
    }

    @Test
    void whatNeverLeftIsNotStoredWhenItsTimeIsOver() {
        try (LaneFixture lane = lane(broker)) {
            broker.away(true);
            Sent message = lane.send("m0");
            lane.run();
            lane.advance(Duration.ofSeconds(9));
            assertThat(message.told).isZero();
            lane.advance(Duration.ofSeconds(2));
            assertThat(message.outcome()).isEqualTo(Outcome.NOT_STORED);
            assertThat(message.failure)
                    .hasMessageContaining("not delivered within 10000 ms")
                    .hasMessageContaining("away");
            assertThat(lane.bufferedBytes()).isZero();
        }
    }

    @Test
    void whatLeftAndWasNotAnsweredIsUnknownWhenItsTimeIsOver() {
        try (LaneFixture lane = lane(broker)) {
            Sent message = lane.send("m0");
            lane.run();
            broker.cut();
            broker.away(true);
            for (int i = 0; i < 12; i++) {
                lane.advance(Duration.ofSeconds(1));
            }
            assertThat(message.outcome()).isEqualTo(Outcome.UNKNOWN);
            broker.away(false);
            Sent next = lane.send("m1");
            lane.advance(Duration.ofSeconds(1));
            broker.executeAndAnswerAll();
            assertThat(next.result).isNotNull();
            assertThat(broker.log()).containsExactly("m1");
        }
    }

    @Test
    void withoutIdempotenceABatchIsSentOnce() {
        ScriptedBroker plain = new ScriptedBroker(new Announcement(Set.of(Features.BATCH), SendLimits.UNANNOUNCED));
        try (LaneFixture lane = lane(plain)) {
            Sent first = lane.send("m0");
            Sent second = lane.send("m1");
            lane.run();
            assertThat(plain.waiting())
                    .as("one at a time, so that order is kept")
                    .isEqualTo(1);
            plain.execute();
            plain.cut();
            lane.advance(Duration.ofSeconds(1));
            plain.executeAndAnswerAll();
            assertThat(first.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(second.result).isNotNull();
            assertThat(plain.log()).containsExactly("m0", "m1");
        }
    }

    @Test
    void whatIsLeftAtTheEndIsToldWhetherItMayBeStored() {
        try (LaneFixture lane = lane(broker)) {
            Sent sent = lane.send("m0");
            lane.send("m1");
            lane.send("m2");
            Sent kept = lane.send("m3");
            lane.run();
            lane.abandon();
            assertThat(sent.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(kept.outcome()).isEqualTo(Outcome.NOT_STORED);
            assertThat(lane.bufferedBytes()).isZero();
        }
    }

    private static final SendLimits TEN_BYTES = new SendLimits(10, 64);
    private static final ProducerConfig IN_ONE_BATCH = ProducerConfig.builder()
            .batchBytes(10_000)
            .retryBackoff(Duration.ofMillis(100))
            .build();

    @Test
    void aMessageThatTheBrokerDoesNotTakeIsRefusedBeforeItJoinsABatch() {
        broker.become(ScriptedBroker.announcing(TEN_BYTES));
        try (LaneFixture lane = new LaneFixture(IN_ONE_BATCH, broker)) {
            lane.send("first");
            lane.run();
            broker.executeAndAnswerAll();
            Sent before = lane.send("before");
            Sent large = lane.send("eleven byte");
            Sent after = lane.send("ten bytes.");
            lane.run();
            broker.executeAndAnswerAll();
            lane.run();
            broker.executeAndAnswerAll();
            assertThat(large.outcome()).isEqualTo(Outcome.NOT_STORED);
            assertThat(large.failure).hasMessageContaining("11 bytes").hasMessageContaining("at most 10");
            assertThat(before.result).isNotNull();
            assertThat(after.result).isNotNull();
            assertThat(broker.log()).containsExactly("first", "before", "ten bytes.");
            assertThat(lane.bufferedBytes()).isZero();
        }
    }

    @Test
    void whatWasBatchedBeforeTheBrokerSaidWhatItTakesIsCutToThatAndTheTooLargeFailAlone() {
        broker.become(ScriptedBroker.announcing(TEN_BYTES));
        try (LaneFixture lane = new LaneFixture(IN_ONE_BATCH, broker)) {
            List<Sent> all = List.of(
                    lane.send("eleven byt1"),
                    lane.send("a"),
                    lane.send("b"),
                    lane.send("eleven byt2"),
                    lane.send("c"),
                    lane.send("d"),
                    lane.send("eleven byt3"));
            lane.run();
            broker.executeAndAnswerAll();
            lane.run();
            assertThat(broker.log()).containsExactly("a", "b", "c", "d");
            assertThat(broker.seen().stream().map(BatchSeen::texts))
                    .containsExactly(List.of("a", "b", "c"), List.of("d"));
            for (int i : List.of(0, 3, 6)) {
                assertThat(all.get(i).outcome()).isEqualTo(Outcome.NOT_STORED);
            }
            assertThat(lane.sent()).allMatch(each -> each.told == 1);
            assertThat(lane.bufferedBytes()).isZero();
        }
    }

    @Test
    void severalBatchesThatWaitForTheFirstAnnouncementAreAllCut() {
        broker.become(ScriptedBroker.announcing(TEN_BYTES));
        try (LaneFixture lane = lane(broker)) {
            lane.send("eleven byt1");
            lane.send("eleven byt2");
            lane.send("fits");
            lane.run();
            broker.executeAndAnswerAll();
            assertThat(broker.log()).containsExactly("fits");
            assertThat(lane.sent()).allMatch(each -> each.told == 1);
            assertThat(lane.bufferedBytes()).isZero();
        }
    }

    @Test
    void aBrokerThatComesBackWithSmallerLimitsGetsWhatItTakes() {
        try (LaneFixture lane = new LaneFixture(IN_ONE_BATCH, broker)) {
            lane.send("first");
            lane.run();
            broker.executeAndAnswerAll();
            Sent a = lane.send("a");
            Sent large = lane.send("eleven byte");
            Sent b = lane.send("b");
            lane.run();
            broker.refuse(503);
            broker.answer();
            broker.become(ScriptedBroker.announcing(TEN_BYTES));
            for (int i = 0; i < 5; i++) {
                lane.advance(Duration.ofMillis(400));
                broker.executeAndAnswerAll();
            }
            assertThat(large.outcome()).isEqualTo(Outcome.NOT_STORED);
            assertThat(a.result).isNotNull();
            assertThat(b.result).isNotNull();
            assertThat(broker.log()).containsExactly("first", "a", "b");
        }
    }

    @Test
    void whenAnOriginalBrokerTakesOverMessagesGoAsPlainPuts() {
        try (LaneFixture lane = lane(broker)) {
            lane.send("m0");
            lane.run();
            broker.executeAndAnswerAll();
            broker.become(Announcement.NOTHING);
            Sent m1 = lane.send("m1");
            Sent m2 = lane.send("m2");
            for (int i = 0; i < 5; i++) {
                lane.advance(Duration.ofMillis(400));
                broker.executeAndAnswerAll();
            }
            assertThat(m1.result).isNotNull();
            assertThat(m2.result).isNotNull();
            assertThat(broker.log()).containsExactly("m0", "m1", "m2");
            assertThat(broker.plainPuts()).isEqualTo(2);
        }
    }

    @Test
    void whatOurBrokerMayHaveStoredIsNotRepeatedToAnOriginalOne() {
        try (LaneFixture lane = lane(broker)) {
            Sent executed = lane.send("m0");
            lane.run();
            broker.execute();
            broker.become(Announcement.NOTHING);
            Sent next = lane.send("m1");
            for (int i = 0; i < 5; i++) {
                lane.advance(Duration.ofMillis(400));
                broker.executeAndAnswerAll();
            }
            assertThat(executed.outcome()).isEqualTo(Outcome.UNKNOWN);
            assertThat(executed.failure).hasMessageContaining("an original broker has taken the place");
            assertThat(next.result).isNotNull();
            assertThat(broker.log()).containsExactly("m0", "m1");
            assertThat(lane.bufferedBytes()).isZero();
        }
    }

    @Test
    void whenOurBrokerTakesOverFromAnOriginalOneMessagesGoInIdempotentBatches() {
        ScriptedBroker original = new ScriptedBroker(Announcement.NOTHING);
        try (LaneFixture lane = lane(original)) {
            lane.send("m0");
            lane.run();
            original.executeAndAnswerAll();
            original.become(ScriptedBroker.announcing(SendLimits.UNANNOUNCED));
            for (int i = 1; i < 4; i++) {
                lane.send("m" + i);
                lane.advance(Duration.ofMillis(400));
                original.executeAndAnswerAll();
            }
            assertThat(lane.sent()).allMatch(each -> each.result != null);
            assertThat(original.log()).containsExactly("m0", "m1", "m2", "m3");
            assertThat(original.seen()).hasSize(3).allMatch(batch -> batch.producerId() >= 0);
        }
    }

    /** Whatever happens on the way: acknowledged means once and in order, and what is said of the rest is true. */
    @Test
    void whatIsToldIsTrueWhateverHappens() {
        List<Announcement> anyBroker = List.of(
                Announcement.NOTHING,
                ScriptedBroker.announcing(SendLimits.UNANNOUNCED),
                ScriptedBroker.announcing(new SendLimits(4, 100)),
                ScriptedBroker.announcing(new SendLimits(3, 23)));
        SeededCases.run(500, 20_261_121, random -> {
            ScriptedBroker scripted = ScriptedBroker.idempotent();
            int cutsOneIn = 1 + random.nextInt(8);
            int failsOneIn = 2 + random.nextInt(20);
            int changesOneIn = 1 + random.nextInt(30);
            ProducerConfig config = ProducerConfig.builder()
                    .batchBytes(1 + random.nextInt(200))
                    .maxInFlight(1 + random.nextInt(5))
                    .linger(Duration.ofMillis(random.nextInt(3)))
                    .retryBackoff(Duration.ofMillis(1 + random.nextInt(20)))
                    .deliveryTimeout(Duration.ofMillis(200 + random.nextInt(3_000)))
                    .build();
            try (LaneFixture lane = new LaneFixture(config, scripted)) {
                for (int step = 0; step < 400; step++) {
                    switch (random.nextInt(13)) {
                        case 0, 1, 2 -> lane.send("m" + lane.sent().size());
                        case 3, 4, 5 -> scripted.execute();
                        case 6, 7 -> scripted.answer();
                        case 8 -> lane.advance(Duration.ofMillis(random.nextInt(30)));
                        case 9 -> scripted.refuse(random.nextBoolean() ? 503 : 507);
                        case 10 -> {
                            if (random.nextInt(cutsOneIn) == 0) {
                                scripted.cut();
                            }
                        }
                        case 11 -> {
                            if (random.nextInt(changesOneIn) == 0) {
                                scripted.become(anyBroker.get(random.nextInt(anyBroker.size())));
                            }
                        }
                        default -> {
                            if (random.nextInt(6) == 0) {
                                scripted.away(random.nextBoolean());
                            } else if (random.nextInt(failsOneIn) == 0) {
                                scripted.refuse(random.nextBoolean() ? 403 : 500);
                            }
                        }
                    }
                    lane.run();
                }
                scripted.away(false);
                for (int i = 0; i < 200; i++) {
                    scripted.executeAndAnswerAll();
                    lane.advance(Duration.ofMillis(50));
                }
                requireTruth(lane, scripted.log());
            }
        });
    }

    private static void requireTruth(LaneFixture lane, List<String> log) {
        assertThat(log).doesNotHaveDuplicates();
        assertThat(log.stream().map(text -> Integer.valueOf(text.substring(1)))).isSorted();
        for (Sent each : lane.sent()) {
            assertThat(each.told).as(each.text).isEqualTo(1);
            if (each.result != null) {
                assertThat(log).contains(each.text);
                assertThat(each.result.getMessageId()).isPositive();
            } else if (each.outcome() == Outcome.NOT_STORED) {
                assertThat(log).doesNotContain(each.text);
            }
        }
        assertThat(lane.bufferedBytes()).isZero();
    }
}
