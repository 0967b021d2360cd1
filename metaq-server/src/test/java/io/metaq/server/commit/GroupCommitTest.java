// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.metaq.server.log.NioDisk;
import io.metaq.server.log.RecoveryReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupCommitTest {
    private static final long PRODUCER = 7;

    @TempDir
    Path directory;

    private LogStoreFixture open(String... logs) throws IOException {
        return new LogStoreFixture(directory, new NioDisk(), 0, logs);
    }

    @Test
    void appendsOfOneThreadKeepTheirOrderAndSurviveACleanRestart() throws IOException {
        List<String> sent =
                IntStream.range(0, 2_000).mapToObj(i -> "message " + i).toList();
        try (LogStoreFixture fixture = open("orders-0")) {
            List<CompletableFuture<LogStoreFixture.Ack>> acks = new ArrayList<>();
            sent.forEach(payload -> acks.add(fixture.send("orders-0", payload)));
            long previous = -1;
            Set<Long> ids = new HashSet<>();
            for (CompletableFuture<LogStoreFixture.Ack> ack : acks) {
                LogStoreFixture.Ack told = ack.join();
                assertThat(told.firstOffset()).isGreaterThan(previous);
                assertThat(told.durability()).isEqualTo(Durability.FLUSHED);
                assertThat(told.firstId()).isPositive();
                assertThat(ids.add(told.firstId())).isTrue();
                previous = told.firstOffset();
            }
            assertThat(fixture.visible("orders-0")).isEqualTo(sent);
            assertThat(fixture.store.writer().forces()).isLessThan(2_000);
        }
        try (LogStoreFixture reopened = open("orders-0")) {
            assertThat(reopened.store.recoveries()).allMatch(report -> report.scannedBytes() == 0);
            assertThat(reopened.visible("orders-0")).isEqualTo(sent);
        }
    }

    @Test
    void aGroupOverManyLogsTakesFewForces() throws IOException {
        String[] logs = IntStream.range(0, 200).mapToObj(i -> "many-" + i).toArray(String[]::new);
        try (LogStoreFixture fixture = open(logs)) {
            for (int round = 0; round < 5; round++) {
                int number = round;
                CompletableFuture.allOf(Stream.of(logs)
                                .map(log -> fixture.send(log, "round " + number))
                                .toArray(CompletableFuture[]::new))
                        .join();
            }
            // A force a log would be 1,000.
            assertThat(fixture.store.writer().forces()).isLessThan(300);
            for (String log : logs) {
                assertThat(fixture.visible(log)).containsExactly("round 0", "round 1", "round 2", "round 3", "round 4");
            }
        }
    }

    @Test
    void underLoadRecoveryPointsDoNotWaitForTheInterval() throws IOException {
        int bytes = 64 * 1024;
        LogStoreConfig config = new LogStoreConfig(
                directory, 1, 4096, 32 << 20, 256 * 1024, Duration.ofHours(1), bytes, 0, Duration.ofDays(7));
        try (LogStoreFixture fixture = new LogStoreFixture(config, new NioDisk(), "orders-0")) {
            String payload = "x".repeat(1000);
            for (int i = 0; i < 100; i++) {
                fixture.send("orders-0", payload).join();
            }
            await().untilAsserted(() -> assertThat(RecoveryPoints.read(directory, new NioDisk())
                            .offsets()
                            .get("orders-0"))
                    .isGreaterThanOrEqualTo(bytes));
        }
    }

    @Test
    void aRepeatedBatchIsStoredOnceAndAnsweredAsTheFirstTime() throws IOException {
        try (LogStoreFixture fixture = open("orders-0")) {
            LogStoreFixture.Ack first = fixture.sendIdempotent("orders-0", PRODUCER, -1, 0, "a", "b")
                    .join();
            LogStoreFixture.Ack again = fixture.sendIdempotent("orders-0", PRODUCER, -1, 0, "a", "b")
                    .join();
            assertThat(again).isEqualTo(first);
            fixture.sendIdempotent("orders-0", PRODUCER, 1, 5, "c").join();
            assertThat(fixture.visible("orders-0")).containsExactly("a", "b", "c");
        }
        try (LogStoreFixture reopened = open("orders-0")) {
            reopened.sendIdempotent("orders-0", PRODUCER, 1, 5, "c").join();
            reopened.sendIdempotent("orders-0", PRODUCER, 5, 6, "d").join();
            assertThat(reopened.visible("orders-0")).containsExactly("a", "b", "c", "d");
        }
    }

    @Test
    void aGapInTheSequenceIsRefused() throws IOException {
        try (LogStoreFixture fixture = open("orders-0")) {
            fixture.sendIdempotent("orders-0", PRODUCER, -1, 0, "a").join();
            CompletableFuture<LogStoreFixture.Ack> refused = fixture.sendIdempotent("orders-0", PRODUCER, 3, 4, "e");
            assertThatThrownBy(refused::join)
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOfSatisfying(LogStoreFixture.FailedAppend.class, failure -> assertThat(failure.reason)
                            .isEqualTo(AppendFailure.Reason.OUT_OF_SEQUENCE));
            assertThat(fixture.visible("orders-0")).containsExactly("a");
        }
    }

    @Test
    void aCopyOfTheFilesTakenWhileRunningRecoversWithEverythingAcknowledged(@TempDir Path copies) throws IOException {
        String[] logs = {"orders-0", "orders-1", "payments-0"};
        try (LogStoreFixture fixture = open(logs)) {
            for (int round = 0; round < 20; round++) {
                int number = round;
                CompletableFuture.allOf(Stream.of(logs)
                                .map(log -> fixture.sendIdempotent(log, PRODUCER, number - 1, number, "m" + number))
                                .toArray(CompletableFuture[]::new))
                        .join();
                if (round % 5 == 4) {
                    Path copy = copies.resolve("after-" + round);
                    copy(directory, copy);
                    requireRecovers(copy, logs, round);
                }
            }
        }
    }

    private static void requireRecovers(Path copy, String[] logs, int lastRound) throws IOException {
        List<String> expected =
                IntStream.rangeClosed(0, lastRound).mapToObj(i -> "m" + i).toList();
        try (LogStoreFixture recovered = new LogStoreFixture(copy, new NioDisk(), 0, logs)) {
            assertThat(recovered.store.recoveries()).allMatch(RecoveryReport::isUneventful);
            for (String log : logs) {
                assertThat(recovered.visible(log)).isEqualTo(expected);
                recovered
                        .sendIdempotent(log, PRODUCER, lastRound - 1, lastRound, "m" + lastRound)
                        .join();
                assertThat(recovered.visible(log)).isEqualTo(expected);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (Files.exists(file)) {
                    Files.copy(file, target);
                }
            }
        }
    }

    @Test
    void writesAreRefusedWhileThereIsNoRoomAndReadsGoOn() throws IOException {
        try (LogStoreFixture fixture = open("orders-0")) {
            fixture.send("orders-0", "a").join();
        }
        try (LogStoreFixture full = new LogStoreFixture(directory, new NioDisk(), Long.MAX_VALUE, "orders-0")) {
            await().until(full.store::isDiskFull);
            assertThatThrownBy(() -> full.send("orders-0", "b").join())
                    .cause()
                    .isInstanceOfSatisfying(LogStoreFixture.FailedAppend.class, failure -> assertThat(failure.reason)
                            .isEqualTo(AppendFailure.Reason.DISK_FULL));
            assertThat(full.visible("orders-0")).containsExactly("a");
        }
    }

    @Test
    void aDeletedAndRecreatedLogIsEmptyAlsoAfterACrash(@TempDir Path copies) throws IOException {
        try (LogStoreFixture fixture = open("orders-0", "orders-1")) {
            CompletableFuture.allOf(fixture.send("orders-0", "old"), fixture.send("orders-1", "old"))
                    .join();
            fixture.store.delete("orders-0");
            fixture.store.open("orders-0", null, LogStoreFixture.SMALL_SEGMENTS, FlushPolicy.SYNC);
            Path copy = copies.resolve("crashed");
            copy(directory, copy);
            try (LogStoreFixture recovered = new LogStoreFixture(copy, new NioDisk(), 0, "orders-0", "orders-1")) {
                assertThat(recovered.visible("orders-0")).isEmpty();
                assertThat(recovered.visible("orders-1")).containsExactly("old");
            }
        }
    }

    @Test
    void aSecondStoreOnTheSameDirectoryIsRefused() throws IOException {
        try (LogStoreFixture fixture = open("orders-0")) {
            assertThatThrownBy(() -> open("orders-0"))
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use by process");
            fixture.send("orders-0", "still fine").join();
        }
    }
}
