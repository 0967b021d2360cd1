// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Histories made by hand: each broken promise is told by its name, and a kept one is not. */
class HistoryCheckerTest {
    private static final Lane LANE = new Lane("orders", 0);
    private static final Lane OTHER = new Lane("orders", 1);

    private final HistoryChecker checker = new HistoryChecker();

    @BeforeEach
    void twoProducersSentThreeMessagesEach() {
        for (int i = 0; i < 3; i++) {
            checker.sending(0, LANE);
            checker.sending(1, LANE);
        }
    }

    private static byte[] data(int producer, int sequence) {
        return new NumberedPayload(producer, sequence).encode();
    }

    @Test
    void aHistoryThatKeepsEveryPromiseIsAccepted() {
        checker.acknowledged(0, 0, 0);
        checker.acknowledged(1, 0, 500);
        checker.acknowledged(0, 1, 1000);
        checker.refused(1, 1);
        checker.readBack(LANE, 0, data(0, 0));
        checker.readBack(LANE, 500, data(1, 0));
        checker.readBack(LANE, 1000, data(0, 1));
        checker.readBack(LANE, 1500, data(0, 2)); // unacknowledged, and stored all the same: allowed once
        checker.seen(LANE, 500, data(1, 0));

        CheckReport report = checker.check();

        assertThat(report.violations()).isEmpty();
        assertThat(report.sent()).isEqualTo(6);
        assertThat(report.acknowledged()).isEqualTo(3);
        assertThat(report.unacknowledged()).isEqualTo(3);
        assertThat(report.unacknowledgedButStored()).isEqualTo(1);
        assertThat(report.readBack()).isEqualTo(4);
        assertThat(report.seenMeanwhile()).isEqualTo(1);
    }

    @Test
    void anAcknowledgedMessageThatIsNotThereIsLost() {
        checker.acknowledged(0, 0, 0);

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.LOST, 1L));
        assertThat(checker.check().examples())
                .containsExactly("LOST: message 0 of producer 0 in orders-0, acknowledged at 0");
    }

    @Test
    void anAcknowledgedMessageThatIsThereTwiceIsDuplicated() {
        checker.acknowledged(0, 0, 0);
        checker.readBack(LANE, 0, data(0, 0));
        checker.readBack(LANE, 500, data(0, 0));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.DUPLICATED, 1L));
    }

    @Test
    void aRepetitionBehindALaterMessageIsADuplicateAndNotASwap() {
        checker.acknowledged(0, 0, 0);
        checker.acknowledged(0, 1, 500);
        checker.readBack(LANE, 0, data(0, 0));
        checker.readBack(LANE, 500, data(0, 1));
        checker.readBack(LANE, 1000, data(0, 0));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.DUPLICATED, 1L));
    }

    @Test
    void messagesOfOneProducerInTheWrongOrderAreFound() {
        checker.acknowledged(0, 0, 500);
        checker.acknowledged(0, 1, 0);
        checker.readBack(LANE, 0, data(0, 1));
        checker.readBack(LANE, 500, data(0, 0));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.OUT_OF_ORDER, 1L));
    }

    @Test
    void unacknowledgedMessagesKeepTheirOrderToo() {
        checker.readBack(LANE, 0, data(0, 2));
        checker.readBack(LANE, 500, data(0, 1));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.OUT_OF_ORDER, 1L));
    }

    @Test
    void thereIsNoOrderBetweenProducersOrPartitions() {
        checker.sending(0, OTHER);
        checker.readBack(LANE, 0, data(1, 0));
        checker.readBack(LANE, 500, data(0, 2));
        checker.readBack(LANE, 1000, data(1, 1));
        checker.readBack(OTHER, 0, data(0, 3));

        assertThat(checker.check().violations()).isEmpty();
    }

    @Test
    void anUnacknowledgedMessageMayNotBeThereTwice() {
        checker.readBack(LANE, 0, data(0, 0));
        checker.readBack(LANE, 500, data(0, 0));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.UNACKNOWLEDGED_REPEATED, 1L));
    }

    @Test
    void oneChangedByteIsCorruption() {
        byte[] changed = data(0, 0);
        changed[changed.length - 1] ^= 1;
        checker.readBack(LANE, 0, changed);

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.CORRUPTED, 1L));
    }

    @Test
    void aMessageThatNobodySentIsCorruption() {
        checker.readBack(LANE, 0, data(0, 3));
        checker.readBack(LANE, 500, data(2, 0));
        checker.readBack(LANE, 1000, new byte[0]);

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.CORRUPTED, 3L));
    }

    @Test
    void anAcknowledgementWithAnotherOffsetIsFound() {
        checker.acknowledged(0, 0, 500);
        checker.readBack(LANE, 0, data(0, 0));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.MISPLACED, 1L));
    }

    @Test
    void aMessageInAnotherPartitionIsFound() {
        checker.readBack(OTHER, 0, data(0, 0));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.MISPLACED, 1L));
    }

    @Test
    void aRefusedMessageMayNotBeThere() {
        checker.refused(0, 0);
        checker.readBack(LANE, 0, data(0, 0));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.REFUSED_BUT_STORED, 1L));
    }

    @Test
    void whatAConsumerSawMayNeitherVanishNorChange() {
        checker.seen(LANE, 0, data(0, 0));
        checker.seen(LANE, 500, data(0, 1));
        checker.seen(LANE, 1000, data(0, 2));
        checker.readBack(LANE, 0, data(0, 0));
        checker.readBack(LANE, 500, data(1, 0));

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.VANISHED, 2L));
    }

    @Test
    void whatCannotBeReadIsReported() {
        checker.unreadable(LANE, 500, "checksum");

        assertThat(checker.check().violations()).isEqualTo(Map.of(Verdict.CORRUPTED, 1L));
        assertThat(checker.check().examples()).containsExactly("CORRUPTED: orders-0 at 500: checksum");
    }

    @Test
    void aPayloadIsReadBackAsItWasMadeAndDiffersFromEveryOther() {
        NumberedPayload payload = new NumberedPayload(7, 123_456);

        assertThat(NumberedPayload.decode(payload.encode())).contains(payload);
        assertThat(payload.encode()).isNotEqualTo(new NumberedPayload(7, 123_457).encode());
        assertThat(NumberedPayload.decode(new byte[] {0, 0, 0, 7, 0, 1})).isEmpty();
    }
}
