// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands behind the version, and what is read from it. */
class AnnouncementTest {
    private static final String OURS =
            "2.0.0 batch fetch producer metadata seek admin maxMessageSize=2097152 maxBatchSize=16777216";

    @Test
    void ourBrokersWords() {
        Announcement everything = Announcement.ofEverything(new SendLimits(2 << 20, 16 << 20));
        assertThat(everything.text("2.0.0")).isEqualTo(OURS);
        assertThat(Announcement.parse(OURS)).isEqualTo(everything);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1.4.6.2", "1.4.6.2 ", "2.0.0 levitation maxLevitation=7"})
    void aBrokerThatAnnouncesNothingKnown(String body) {
        assertThat(Announcement.parse(body)).isEqualTo(Announcement.NOTHING);
    }

    @Test
    void noBody() {
        assertThat(Announcement.parse(null)).isEqualTo(Announcement.NOTHING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "", "x", "1k", "2147483648", "99999999999", "1.5", "+7"})
    void aLimitThatCanBeNoneIsNotOne(String number) {
        Announcement read = Announcement.parse("2.0.0 batch maxMessageSize=" + number + " maxBatchSize=" + number);
        assertThat(read.features()).containsExactly(Features.BATCH);
        assertThat(read.limits()).isEqualTo(SendLimits.UNANNOUNCED);
    }

    @ParameterizedTest
    @CsvSource({"1000, 2000, 1000", "1000, 1020, 1000", "1000, 1019, 999", "5000, 1024, 1004"})
    void aMessageIsNeverLargerThanWhatABatchHolds(int maxMessage, int maxBatch, int largest) {
        assertThat(new SendLimits(maxMessage, maxBatch).maxMessageBytes()).isEqualTo(largest);
    }
}
