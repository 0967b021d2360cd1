// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.Append;
import io.metaq.server.commit.AppendFailure;
import io.metaq.server.commit.Durability;
import io.metaq.server.commit.LogStore;
import io.metaq.server.config.BrokerConfig;
import io.metaq.server.config.ConfigReader;
import io.metaq.server.log.NioDisk;
import io.metaq.server.log.SegmentCleaner;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Policies and cron expressions as the ini file says them, with a clock that the test moves. */
class RetentionScheduleTest {
    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");
    private static final int SEGMENTS = 4;

    @TempDir
    Path directory;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private Instant now = NOON;
    private LogStore store;
    private TopicRegistry topics;
    private RetentionSchedule schedule;

    @BeforeEach
    void openTopics() throws Exception {
        BrokerConfig config = ConfigReader.parse("test.ini", """
                [system]
                brokerId=1
                dataPath=%s
                maxSegmentSize=65536
                [topic=daily]
                deletePolicy=delete,24
                deleteWhen=0 0 6,18 * * ?
                [topic=hourly]
                deletePolicy=archive,90m,true
                deleteWhen=0 0 * * * ?
                [topic=small]
                deletePolicy=archive,100000
                retentionBytes=150000
                """.formatted(directory));
        store = LogStore.open(config.logStore(), new NioDisk(), InstantSource.system(), new SimpleMeterRegistry());
        topics = new TopicRegistry(store, config.topics(), 1, 100, directory);
        store.start();
        InstantSource clock = () -> now;
        schedule = new RetentionSchedule(
                topics,
                new SegmentCleaner(new NioDisk(), () -> false),
                clock,
                ZoneOffset.UTC,
                new RetentionMetrics(metrics));
    }

    @AfterEach
    void closeStore() throws Exception {
        store.close();
    }

    /** Four segments of 64 KiB, the last one active; all last written at noon. */
    private void fill(String topic) throws Exception {
        Partition partition = topics.find(topic).orElseThrow().partition(0);
        byte[] payload = new byte[32 * 1024];
        for (int i = 0; i < SEGMENTS * 2; i++) {
            ByteBuffer record = ByteBuffer.allocate(RecordLayout.recordBytes(payload.length));
            RecordLayout.putHeader(record, payload.length, PayloadChecksum.of(payload), 0, 0);
            record.put(payload).flip();
            CompletableFuture<Void> done = new CompletableFuture<>();
            store.writer()
                    .offer(new Append(partition.log(), Unpooled.wrappedBuffer(record), 1, null, new Append.Listener() {
                        @Override
                        public void onAppended(
                                long firstMessageId, long firstOffset, long nextOffset, Durability durability) {
                            done.complete(null);
                        }

                        @Override
                        public void onFailed(AppendFailure failure) {
                            done.completeExceptionally(new AssertionError(failure.message()));
                        }
                    }));
            done.join();
        }
        for (Path segment : files(topic, ".meta")) {
            Files.setLastModifiedTime(segment, FileTime.from(NOON));
        }
        assertThat(segments(topic)).isEqualTo(SEGMENTS);
    }

    private List<Path> files(String topic, String suffix) throws Exception {
        try (Stream<Path> all = Files.list(directory.resolve(topic + "-0"))) {
            return all.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
        }
    }

    private int segments(String topic) {
        return topics.find(topic).orElseThrow().partition(0).log().log().segmentCount();
    }

    private Instant runAt(String time) {
        now = Instant.parse(time);
        return schedule.runDue();
    }

    @Test
    void eachTopicIsCleanedByItsOwnPolicyWhenItsOwnCronSaysSo() throws Exception {
        fill("daily");
        fill("hourly");
        runAt("2026-11-21T12:10:00Z");
        runAt("2026-11-21T13:00:00Z");
        assertThat(segments("hourly")).as("only an hour old").isEqualTo(SEGMENTS);
        runAt("2026-11-21T13:59:59Z");
        assertThat(segments("hourly")).as("old, but not yet the time").isEqualTo(SEGMENTS);
        runAt("2026-11-21T14:00:00Z");
        assertThat(segments("hourly")).isEqualTo(1);
        assertThat(files("hourly", ".zip")).hasSize(SEGMENTS - 1);

        runAt("2026-11-21T18:00:00Z");
        runAt("2026-11-22T06:00:00Z");
        assertThat(segments("daily")).as("18 hours old").isEqualTo(SEGMENTS);
        runAt("2026-11-22T17:00:00Z");
        assertThat(segments("daily")).as("old, but not yet the time").isEqualTo(SEGMENTS);
        runAt("2026-11-22T18:00:00Z");
        assertThat(segments("daily")).isEqualTo(1);
        assertThat(files("daily", ".zip")).isEmpty();
        assertThat(files("daily", ".arc")).isEmpty();
        assertThat(metrics.get("metaq_retention_segments_total").counter().count())
                .isEqualTo(2 * (SEGMENTS - 1));
    }

    @Test
    void aPartitionThatIsTooLargeIsCleanedWithinAMinuteWhateverTheCronSays() throws Exception {
        runAt("2026-11-21T12:00:00Z");
        fill("small");
        runAt("2026-11-21T12:00:59Z");
        assertThat(segments("small")).isEqualTo(SEGMENTS);
        runAt("2026-11-21T12:01:00Z");
        assertThat(segments("small")).isEqualTo(2);
        assertThat(files("small", ".arc")).hasSize(2);
    }

    @Test
    void itSaysWhenToComeAgain() {
        assertThat(runAt("2026-11-21T12:00:00Z")).isEqualTo("2026-11-21T12:01:00Z");
        assertThat(runAt("2026-11-21T12:59:30Z")).as("hourly").isEqualTo("2026-11-21T13:00:00Z");
    }

    @Test
    void anAlteredCronHoldsAtOnce() throws Exception {
        fill("daily");
        runAt("2026-11-23T07:00:00Z");
        topics.alter("daily", Map.of("deleteWhen", "0 30 7 * * ?"));
        runAt("2026-11-23T07:01:00Z");
        assertThat(segments("daily")).isEqualTo(SEGMENTS);
        runAt("2026-11-23T07:30:00Z");
        assertThat(segments("daily")).isEqualTo(1);
    }

    @Test
    void aClockThatGoesBackStopsNothing() throws Exception {
        runAt("2026-11-25T12:00:00Z");
        fill("small");
        fill("hourly");
        runAt("2026-11-21T14:10:00Z");
        assertThat(segments("small")).isEqualTo(2);
        runAt("2026-11-21T15:00:00Z");
        assertThat(segments("hourly")).isEqualTo(1);
    }

    @Test
    void aPartitionThatCannotBeCleanedIsToldAndKeepsNoOtherFromIt() throws Exception {
        fill("daily");
        fill("hourly");
        runAt("2026-11-23T12:00:00Z");
        // A directory that is not empty cannot be replaced by a file.
        Path first = files("hourly", ".meta").get(0);
        Files.createDirectories(Path.of(first + ".zip").resolve("in the way"));
        runAt("2026-11-23T18:00:00Z");
        assertThat(segments("hourly")).isEqualTo(SEGMENTS);
        assertThat(segments("daily")).isEqualTo(1);
        assertThat(metrics.get("metaq_retention_failures_total").counter().count())
                .isEqualTo(1);
    }

    @Test
    void theThreadCleansByItselfAndEndsWhenItIsClosed() throws Exception {
        fill("daily");
        try (RetentionDaemon daemon = RetentionDaemon.start(
                topics, new NioDisk(), InstantSource.system(), ZoneOffset.UTC, new SimpleMeterRegistry())) {
            assertThat(daemon).isNotNull();
            assertThat(retentionThreads()).hasSize(1);
            for (Path segment : files("daily", ".meta")) {
                Files.setLastModifiedTime(segment, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
            }
            topics.alter("daily", Map.of("deleteWhen", "* * * * * ?", "deletePolicy", "delete,30m"));
            await().until(() -> segments("daily") == 1);
        }
        assertThat(retentionThreads()).isEmpty();
    }

    private static List<Thread> retentionThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("metaq-retention"))
                .toList();
    }
}
