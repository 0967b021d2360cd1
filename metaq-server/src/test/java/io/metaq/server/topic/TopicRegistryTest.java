// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.metaq.server.testkit.FaultyDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopicRegistryTest {
    @TempDir
    Path folder;

    private Path directory;

    @BeforeEach
    void makeDataDirectory() throws IOException {
        directory = Files.createDirectory(folder.resolve("data"));
    }

    private TopicsFixture open(String lines) throws Exception {
        return TopicsFixture.open(directory, lines);
    }

    private static TopicException refused(ThrowingChange change) {
        TopicException refused = catchThrowableOfType(TopicException.class, change::run);
        assertThat(refused).as("a refusal").isNotNull();
        return refused;
    }

    private interface ThrowingChange {
        void run() throws Exception;
    }

    // Made, altered, deleted.

    @Test
    void aTopicMadeAtRunTimeTakesMessagesAndIsThereAfterARestart() throws Exception {
        try (TopicsFixture topics = open("")) {
            Topic made = topics.registry.create("orders", Map.of("numPartitions", "3", "unflushThreshold", "7"));
            assertThat(made.partitions()).hasSize(3);
            topics.put("orders", 2, "hello");
        }
        try (TopicsFixture topics = open("")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 3));
            assertThat(topics.visible("orders", 2)).containsExactly("hello");
            assertThat(topics.topic("orders").settings().flushPolicy().unflushedRecords())
                    .isEqualTo(7);
        }
    }

    @Test
    void partitionsAreAddedAndTheOldOnesKeepTheirMessages() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=2")) {
            topics.put("orders", 1, "before");
            topics.registry.alter("orders", Map.of("numPartitions", "5"));
            topics.put("orders", 1, "after");
            topics.put("orders", 4, "new");
            assertThat(topics.visible("orders", 1)).containsExactly("before", "after");
        }
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=2")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 5));
            assertThat(topics.visible("orders", 1)).containsExactly("before", "after");
            assertThat(topics.visible("orders", 4)).containsExactly("new");
        }
    }

    @Test
    void partitionsAreNotTakenAway() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=4")) {
            TopicException refused = refused(() -> topics.registry.alter("orders", Map.of("numPartitions", "3")));
            assertThat(refused.reason()).isEqualTo(TopicException.Reason.INVALID);
            assertThat(refused).hasMessage("topic orders has 4 partitions; they can be added, not taken away");
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 4));
        }
    }

    @Test
    void aRecordFormatIsFixed() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]")) {
            assertThat(refused(() -> topics.registry.alter("orders", Map.of("recordFormat", "2"))))
                    .hasMessage("the record format of topic orders is fixed");
        }
    }

    @Test
    void aDeletedTopicStaysDeletedAlsoWhenTheFileDeclaresIt() throws Exception {
        String declared = "[topic=orders]\nnumPartitions=2\n[topic=kept]";
        try (TopicsFixture topics = open(declared)) {
            topics.put("orders", 0, "gone");
            topics.registry.delete("orders");
            assertThat(topics.registry.find("orders")).isEmpty();
            assertThat(directory.resolve("orders-0")).doesNotExist();
        }
        for (int start = 0; start < 2; start++) {
            try (TopicsFixture topics = open(declared)) {
                assertThat(topics.partitionCounts()).containsExactly(Map.entry("kept", 1));
                assertThat(directory.resolve("orders-0")).doesNotExist();
            }
        }
    }

    @Test
    void aTopicMadeAgainBeginsEmptyAndOpen() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=2")) {
            topics.put("orders", 0, "old");
            topics.registry.setClosed("orders", 0, 1, true);
            topics.registry.delete("orders");
            topics.registry.create("orders", Map.of("numPartitions", "3"));
            assertThat(topics.visible("orders", 0)).isEmpty();
            assertThat(topics.topic("orders").partitions()).hasSize(3).noneMatch(Partition::isClosed);
            topics.put("orders", 0, "new");
        }
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=2")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 3));
            assertThat(topics.visible("orders", 0)).containsExactly("new");
        }
    }

    @Test
    void whatADeletionCouldNotRemoveDoesNotComeBackInATopicOfTheSameName() throws Exception {
        FaultyDisk disk = new FaultyDisk();
        try (TopicsFixture topics = TopicsFixture.open(directory, "", disk)) {
            topics.registry.create("orders", Map.of("numPartitions", "2"));
            topics.put("orders", 0, "old");
            topics.put("orders", 1, "old");
            disk.failDeletes(file -> file.toString().endsWith(".meta"));
            assertThatThrownBy(() -> topics.registry.delete("orders")).isInstanceOf(IOException.class);
            assertThat(topics.registry.find("orders")).isEmpty();
            assertThatThrownBy(() -> topics.registry.create("orders", Map.of())).isInstanceOf(IOException.class);

            disk.heal();
            topics.registry.create("orders", Map.of("numPartitions", "2"));
            assertThat(topics.visible("orders", 0)).isEmpty();
            assertThat(topics.visible("orders", 1)).isEmpty();
        }
    }

    @Test
    void closedPartitionsStayClosedAcrossRestartsUntilTheyAreOpened() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=4")) {
            topics.registry.setClosed("orders", 1, 2, true);
        }
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=4")) {
            assertThat(topics.topic("orders").partitions())
                    .extracting(Partition::isClosed)
                    .containsExactly(false, true, true, false);
            topics.registry.alter("orders", Map.of("numPartitions", "5"));
            topics.registry.setClosed("orders", 1, 1, false);
            assertThat(topics.topic("orders").partitions())
                    .extracting(Partition::isClosed)
                    .containsExactly(false, false, true, false, false);
            assertThat(refused(() -> topics.registry.setClosed("orders", 3, 5, true)))
                    .hasMessage("topic orders has partitions 0 to 4, not 3 to 5");
            assertThat(refused(() -> topics.registry.setClosed("orders", 2, 1, true)))
                    .hasMessage("topic orders has partitions 0 to 4, not 2 to 1");
            assertThat(refused(() -> topics.registry.setClosed("orders", -1, 1, true)))
                    .hasMessage("topic orders has partitions 0 to 4, not -1 to 1");
        }
    }

    @Test
    void whatIsNotThereCannotBeChangedAndWhatIsThereNotMade() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]")) {
            assertThat(refused(() -> topics.registry.create("orders", Map.of())).reason())
                    .isEqualTo(TopicException.Reason.EXISTS);
            for (ThrowingChange change : List.<ThrowingChange>of(
                    () -> topics.registry.alter("none", Map.of()),
                    () -> topics.registry.delete("none"),
                    () -> topics.registry.setClosed("none", 0, 0, true),
                    () -> topics.registry.createOnPut("none"))) {
                TopicException refused = refused(change);
                assertThat(refused.reason()).isEqualTo(TopicException.Reason.UNKNOWN);
                assertThat(refused).hasMessage("there is no topic none");
            }
        }
    }

    // Settings.

    @Test
    void aTopicsSettingsAreItsOwnAndHoldAtOnceAndAfterARestart() throws Exception {
        Map<String, String> changes = new TreeMap<>(Map.of(
                "unflushThreshold", "100",
                "unflushInterval", "250",
                "maxSegmentSize", "64k",
                "deletePolicy", "archive,90m,true",
                "retentionBytes", "5m",
                "acceptPublish", "false",
                "acceptSubscribe", "false"));
        try (TopicsFixture topics = open("[topic=orders]\n[topic=other]")) {
            topics.registry.alter("orders", changes);
            assertChanged(topics.topic("orders").settings());
            assertThat(topics.topic("other").settings().flushPolicy().isSync()).isTrue();
        }
        try (TopicsFixture topics = open("[topic=orders]\n[topic=other]")) {
            assertChanged(topics.topic("orders").settings());
            assertThat(topics.topic("other").settings().acceptPublish()).isTrue();
        }
    }

    private static void assertChanged(TopicSettings settings) {
        assertThat(settings.flushPolicy().unflushedRecords()).isEqualTo(100);
        assertThat(settings.flushPolicy().unflushedFor()).isEqualTo(Duration.ofMillis(250));
        assertThat(settings.logConfig().maxSegmentBytes()).isEqualTo(64 << 10);
        assertThat(settings.retention())
                .isEqualTo(new RetentionPolicy(
                        RetentionPolicy.Action.ARCHIVE_ZIPPED, Duration.ofMinutes(90), 5 << 20, "0 0 6,18 * * ?"));
        assertThat(settings.acceptPublish()).isFalse();
        assertThat(settings.acceptSubscribe()).isFalse();
    }

    @Test
    void aSmallerSegmentSizeHoldsFromTheNextMessageOn() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]")) {
            String big = "x".repeat(70_000);
            topics.put("orders", 0, big);
            topics.put("orders", 0, big);
            assertThat(topics.topic("orders").partition(0).log().log().segmentCount())
                    .isEqualTo(1);
            topics.registry.alter("orders", Map.of("maxSegmentSize", "64k"));
            topics.put("orders", 0, big);
            topics.put("orders", 0, big);
            assertThat(topics.topic("orders").partition(0).log().log().segmentCount())
                    .isEqualTo(3);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"numPartitions=0", "numPartitions=10001", "unknown=1", "dataPath=/tmp", "brokerId=1"})
    void anImpossibleSettingChangesNothing(String setting) throws Exception {
        String[] parts = setting.split("=", -1);
        try (TopicsFixture topics = open("[topic=orders]")) {
            TopicException refused = refused(() -> topics.registry.alter("orders", Map.of(parts[0], parts[1])));
            assertThat(refused.reason()).isEqualTo(TopicException.Reason.INVALID);
            assertThat(refused).hasMessageContaining(parts[0]);
            assertThat(refused(() -> topics.registry.create("new", Map.of(parts[0], parts[1])))
                            .reason())
                    .isEqualTo(TopicException.Reason.INVALID);
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 1));
        }
        try (TopicsFixture topics = open("[topic=orders]")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 1));
        }
    }

    // The file and the run time.

    @Test
    void partitionsAddedInTheFileAreThereAndThoseTakenAwayInItStay() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=2")) {
            topics.put("orders", 1, "kept");
        }
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=4")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 4));
        }
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=1")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 4));
            assertThat(topics.visible("orders", 1)).containsExactly("kept");
        }
    }

    @Test
    void whatWasSetAtRunTimeWinsOverTheFileKeyByKey() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=2\nunflushThreshold=5")) {
            topics.registry.alter("orders", Map.of("unflushThreshold", "9"));
        }
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=3\nunflushThreshold=6\nunflushInterval=77")) {
            TopicSettings settings = topics.topic("orders").settings();
            assertThat(settings.flushPolicy().unflushedRecords())
                    .as("set at run time")
                    .isEqualTo(9);
            assertThat(settings.flushPolicy().unflushedFor())
                    .as("set in the file only")
                    .isEqualTo(Duration.ofMillis(77));
            assertThat(topics.topic("orders").partitions())
                    .as("set in the file only")
                    .hasSize(3);
            topics.registry.alter("orders", Map.of("numPartitions", "4"));
        }
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=6\n")) {
            assertThat(topics.partitionCounts()).as("set at run time").containsExactly(Map.entry("orders", 4));
        }
    }

    @Test
    void aTopicThatLeavesTheFileIsStillThereForItsMessages() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]\nnumPartitions=2")) {
            topics.put("orders", 1, "kept");
        }
        try (TopicsFixture topics = open("")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 2));
            assertThat(topics.visible("orders", 1)).containsExactly("kept");
        }
    }

    @Test
    void aWildcardMakesATopicAtItsFirstPutUntilAnOperatorDeletesIt() throws Exception {
        String wildcard = "[topic=log-*]\nnumPartitions=2";
        try (TopicsFixture topics = open(wildcard)) {
            assertThat(topics.registry.mayCreateOnPut("log-web")).isTrue();
            assertThat(topics.registry.mayCreateOnPut("orders")).isFalse();
            topics.registry.createOnPut("log-web");
            topics.registry.createOnPut("log-web");
            topics.put("log-web", 1, "hello");
        }
        try (TopicsFixture topics = open(wildcard)) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("log-web", 2));
            topics.registry.delete("log-web");
            assertThat(topics.registry.mayCreateOnPut("log-web")).isFalse();
            assertThat(refused(() -> topics.registry.createOnPut("log-web")).reason())
                    .isEqualTo(TopicException.Reason.UNKNOWN);
        }
        try (TopicsFixture topics = open(wildcard)) {
            assertThat(topics.partitionCounts()).isEmpty();
            assertThat(topics.registry.mayCreateOnPut("log-web")).isFalse();
        }
    }

    @Test
    void aTopicWithAPlaceOfItsOwnIsFoundThereAndLeavesNothingThereWhenItIsDeleted() throws Exception {
        Path place = Files.createDirectory(folder.resolve("fast-disk"));
        String lines = "[topic=orders]\nnumPartitions=%d\ndataPath=" + place;
        try (TopicsFixture topics = open(lines.formatted(3))) {
            topics.put("orders", 2, "kept");
            assertThat(place.resolve("orders-2")).isDirectory();
            assertThat(directory.resolve("orders-2")).doesNotExist();
        }
        try (TopicsFixture topics = open(lines.formatted(1))) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 3));
            assertThat(topics.visible("orders", 2)).containsExactly("kept");
            topics.registry.delete("orders");
            try (Stream<Path> left = Files.list(place)) {
                assertThat(left).isEmpty();
            }
        }
    }

    @Test
    void directoriesThatAreNoPartitionsAreLeftAlone() throws Exception {
        try (TopicsFixture topics = open("[topic=orders]")) {
            topics.put("orders", 0, "kept");
        }
        List<String> strangers = List.of("orders-20240131", "orders-01", "orders-", "-1", "orders", "a b-0");
        for (String stranger : strangers) {
            Path copy = Files.createDirectory(directory.resolve(stranger));
            Files.copy(
                    directory.resolve("orders-0/00000000000000000000.meta"), copy.resolve("00000000000000000000.meta"));
        }
        Files.createDirectory(directory.resolve("backup-3"));
        Files.writeString(directory.resolve("backup-3/notes.txt"), "no segments here");
        try (TopicsFixture topics = open("[topic=orders]")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 1));
            topics.registry.delete("orders");
            for (String stranger : strangers) {
                assertThat(directory.resolve(stranger)).isNotEmptyDirectory();
            }
            assertThat(directory.resolve("backup-3/notes.txt")).exists();
        }
    }

    // Names and limits.

    static Stream<String> impossibleNames() {
        return Stream.of(
                "",
                " ",
                "a b",
                ".",
                "..",
                "../orders",
                "/etc/passwd",
                "a/b",
                "a\\b",
                "__meta",
                "__offsets",
                "orders\n",
                "orders\u0000",
                "ord\u00e9rs",
                "\u8ba2\u5355",
                "a*",
                "x".repeat(201));
    }

    @ParameterizedTest
    @MethodSource("impossibleNames")
    void anImpossibleNameIsRefusedAndMakesNothing(String name) throws Exception {
        try (TopicsFixture topics = open("[topic=*]")) {
            List<Path> before = everythingIn(folder);
            assertThat(refused(() -> topics.registry.create(name, Map.of())).reason())
                    .isEqualTo(TopicException.Reason.INVALID);
            assertThat(refused(() -> topics.registry.createOnPut(name))).hasMessageContaining("topic");
            assertThat(topics.partitionCounts()).isEmpty();
            assertThat(everythingIn(folder)).isEqualTo(before);
        }
    }

    private static List<Path> everythingIn(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.sorted().toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "A.b_c-1%d@e+f", "a-0", "a-0-0", "-", "...", "%RETRY%group", "_one"})
    void aPossibleNameSurvivesARestart(String name) throws Exception {
        try (TopicsFixture topics = open("")) {
            topics.registry.create(name, Map.of("numPartitions", "2"));
            topics.put(name, 1, "hello");
        }
        try (TopicsFixture topics = open("")) {
            assertThat(topics.partitionCounts()).containsExactly(Map.entry(name, 2));
            assertThat(topics.visible(name, 1)).containsExactly("hello");
        }
    }

    @Test
    void theLongestNameAndNamesThatBeginAlikeAreTopicsOfTheirOwn() throws Exception {
        String longest = "x".repeat(200);
        try (TopicsFixture topics = open("")) {
            for (String name : List.of(longest, "a", "a-0", "a-0-0")) {
                topics.registry.create(name, Map.of("numPartitions", "2"));
                topics.put(name, 0, "in " + name);
            }
            topics.registry.delete("a-0");
        }
        try (TopicsFixture topics = open("")) {
            assertThat(topics.partitionCounts().keySet()).containsExactly("a", "a-0-0", longest);
            assertThat(topics.visible("a", 0)).containsExactly("in a");
            assertThat(topics.visible("a-0-0", 0)).containsExactly("in a-0-0");
        }
    }

    @Test
    void theBrokersPartitionsAreLimited() throws Exception {
        try (TopicsFixture topics = open("maxPartitions=5\n[topic=orders]\nnumPartitions=3")) {
            assertThat(refused(() -> topics.registry.create("big", Map.of("numPartitions", "3"))))
                    .hasMessage("the broker would have more than 5 partitions (maxPartitions)");
            topics.registry.create("fits", Map.of("numPartitions", "2"));
            assertThat(refused(() -> topics.registry.alter("orders", Map.of("numPartitions", "4")))
                            .reason())
                    .isEqualTo(TopicException.Reason.INVALID);
            topics.registry.alter("orders", Map.of("unflushThreshold", "3"));
            topics.registry.delete("fits");
            topics.registry.alter("orders", Map.of("numPartitions", "5"));
            assertThat(topics.partitionCounts()).containsExactly(Map.entry("orders", 5));
        }
    }

    // Many at once.

    @Test
    void commandsThatComeTogetherAreCarriedOutOneAfterTheOther() throws Exception {
        int threads = 8;
        Map<String, Integer> expected;
        try (TopicsFixture topics = open("")) {
            List<CompletableFuture<Integer>> wins = IntStream.range(0, threads)
                    .mapToObj(thread -> CompletableFuture.supplyAsync(() -> changes(topics.registry, thread)))
                    .toList();
            int made = wins.stream().mapToInt(CompletableFuture::join).sum();
            assertThat(made).as("topics that somebody made").isEqualTo(10);
            expected = topics.partitionCounts();
            assertThat(expected).hasSize(10 + threads);
        }
        try (TopicsFixture topics = open("")) {
            assertThat(topics.partitionCounts()).isEqualTo(expected);
        }
    }

    /** Makes topics that others try to make too, and one of its own, over and over. Returns how many of the first it made. */
    private static int changes(TopicRegistry registry, int thread) {
        int made = 0;
        try {
            for (int i = 0; i < 10; i++) {
                try {
                    registry.create("shared" + i, Map.of());
                    made++;
                } catch (TopicException e) {
                    assertThat(e.reason()).isEqualTo(TopicException.Reason.EXISTS);
                    registry.alter("shared" + i, Map.of("unflushThreshold", Integer.toString(thread)));
                }
                registry.create("own" + thread, Map.of("numPartitions", "2"));
                registry.alter("own" + thread, Map.of("numPartitions", "3"));
                if (i < 9) {
                    registry.delete("own" + thread);
                }
            }
        } catch (IOException | TopicException e) {
            throw new AssertionError("thread " + thread, e);
        }
        return made;
    }

    @Test
    void producerNumbersAreNeverGivenTwiceAlsoAfterRestarts() throws Exception {
        List<Long> given = new ArrayList<>();
        for (int start = 0; start < 3; start++) {
            try (TopicsFixture topics = open("")) {
                List<CompletableFuture<List<Long>>> all = IntStream.range(0, 4)
                        .mapToObj(thread -> CompletableFuture.supplyAsync(() -> IntStream.range(0, 300)
                                .mapToObj(i -> newProducerId(topics.registry))
                                .toList()))
                        .toList();
                all.forEach(some -> given.addAll(some.join()));
            }
        }
        assertThat(given).hasSize(3600).doesNotHaveDuplicates();
    }

    private static long newProducerId(TopicRegistry registry) {
        try {
            return registry.newProducerId();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
