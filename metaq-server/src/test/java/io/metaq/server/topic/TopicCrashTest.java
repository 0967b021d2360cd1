// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.server.testkit.FaultyDisk;
import io.metaq.server.testkit.PowerLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The broker dies at each place of a topic's making, altering, deleting and making again: what was answered holds. */
class TopicCrashTest {
    private static final Logger LOG = LoggerFactory.getLogger(TopicCrashTest.class);

    /** What the crash takes. */
    enum Loss {
        KILLED,
        POWER_WITH_ALL_UNFORCED,
        POWER_WITH_SOME_UNFORCED;

        PowerLoss at(long place) {
            return switch (this) {
                case KILLED -> PowerLoss.ofNothing();
                case POWER_WITH_ALL_UNFORCED -> PowerLoss.ofAllUnforced();
                case POWER_WITH_SOME_UNFORCED -> PowerLoss.random(place);
            };
        }
    }

    /** How far a life came before it ended: the last step that was answered. */
    private enum Step {
        NOTHING,
        MADE,
        PUT,
        ALTERED,
        DELETED,
        MADE_AGAIN,
        PUT_AGAIN
    }

    @TempDir
    Path folder;

    private Step answered;

    @ParameterizedTest
    @EnumSource(Loss.class)
    void whatWasAnsweredHoldsAfterACrashAtAnyPlace(Loss loss) throws Exception {
        int places = 0;
        for (long place = 0; answered != Step.PUT_AGAIN; place++) {
            Path directory = Files.createDirectory(folder.resolve("place-" + place));
            FaultyDisk disk = new FaultyDisk();
            startAndStop(directory, disk);
            disk.powerOffAfter(place);
            live(directory, disk);
            disk.crash(loss.at(place));
            disk.powerOffAfter(Long.MAX_VALUE);
            // Twice: what one start repairs, the next must find sound.
            for (int start = 0; start < 2; start++) {
                try (TopicsFixture topics = TopicsFixture.open(directory, "", disk)) {
                    requireAnswered(loss + " place " + place + " start " + start + " " + answered, topics, directory);
                }
            }
            places++;
        }
        assertThat(places).as("places where it can die").isGreaterThan(30);
    }

    private static void startAndStop(Path directory, FaultyDisk disk) throws Exception {
        try (TopicsFixture topics = TopicsFixture.open(directory, "", disk)) {
            assertThat(topics.partitionCounts()).isEmpty();
        }
    }

    private void live(Path directory, FaultyDisk disk) throws Exception {
        answered = Step.NOTHING;
        try (TopicsFixture topics = TopicsFixture.open(directory, "", disk)) {
            topics.registry.create("orders", Map.of("numPartitions", "2"));
            answered = Step.MADE;
            topics.put("orders", 1, "old");
            answered = Step.PUT;
            topics.registry.alter("orders", Map.of("numPartitions", "3"));
            answered = Step.ALTERED;
            topics.registry.delete("orders");
            answered = Step.DELETED;
            topics.registry.create("orders", Map.of("numPartitions", "1"));
            answered = Step.MADE_AGAIN;
            topics.put("orders", 0, "new");
            answered = Step.PUT_AGAIN;
        } catch (IOException e) {
            LOG.trace("The power failed", e);
        }
    }

    /** The step after the last answered one may have happened too, wholly. */
    private void requireAnswered(String when, TopicsFixture topics, Path directory) throws IOException {
        Map<String, Integer> counts = topics.partitionCounts();
        switch (answered) {
            case NOTHING -> assertThat(counts).as(when).isIn(Map.of(), Map.of("orders", 2));
            case MADE -> assertThat(counts).as(when).isEqualTo(Map.of("orders", 2));
            case PUT -> assertThat(counts).as(when).isIn(Map.of("orders", 2), Map.of("orders", 3));
            case ALTERED -> assertThat(counts).as(when).isIn(Map.of("orders", 3), Map.of());
            case DELETED -> assertThat(counts).as(when).isIn(Map.of(), Map.of("orders", 1));
            case MADE_AGAIN, PUT_AGAIN -> assertThat(counts).as(when).isEqualTo(Map.of("orders", 1));
        }
        if (counts.isEmpty()) {
            try (Stream<Path> left = Files.list(directory)) {
                assertThat(left.map(path -> path.getFileName().toString()))
                        .as(when)
                        .noneMatch(name -> name.startsWith("orders"));
            }
        } else if (counts.get("orders") > 1) {
            boolean mustHold = answered == Step.PUT || answered == Step.ALTERED;
            assertThat(topics.visible("orders", 1)).as(when).hasSizeBetween(mustHold ? 1 : 0, 1);
        } else {
            assertThat(topics.visible("orders", 0))
                    .as(when)
                    .hasSizeBetween(answered == Step.PUT_AGAIN ? 1 : 0, 1)
                    .doesNotContain("old");
        }
    }
}
