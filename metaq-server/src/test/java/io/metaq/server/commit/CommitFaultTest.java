// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.metaq.server.log.RecoveryReport;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What group commit promises when the disk is slow, full, failing or gone. */
class CommitFaultTest {
    private static final long PRODUCER = 5;
    private static final String[] LOGS = {"a-0", "a-1", "b-0"};

    @TempDir
    Path root;

    private Path data;
    private PowerLossDisk disk;

    @BeforeEach
    void newDisk() throws IOException {
        data = Files.createDirectories(root.resolve("data"));
        disk = new PowerLossDisk(data);
    }

    private LogStoreFixture open() throws IOException {
        return new LogStoreFixture(data, disk, 0, LOGS);
    }

    /** What a restart after a power loss finds. */
    private LogStoreFixture reopenAfterPowerLoss() throws IOException {
        Path survivors = root.resolve("survivors");
        disk.survivors(survivors, new Random(1));
        return new LogStoreFixture(survivors, new PowerLossDisk(survivors), 0, LOGS);
    }

    private static Predicate<Path> segmentsOf(String log) {
        return path -> path.getParent().endsWith(log) && path.toString().endsWith(".meta");
    }

    private static AppendFailure.Reason reasonOf(CompletableFuture<LogStoreFixture.Ack> refused) {
        try {
            LogStoreFixture.Ack ack = refused.join();
            throw new AssertionError("acknowledged: " + ack);
        } catch (CompletionException e) {
            return ((LogStoreFixture.FailedAppend) e.getCause()).reason;
        }
    }

    @RepeatedTest(5)
    void whatComesInDuringAForceSharesTheNextOne() throws IOException {
        try (LogStoreFixture fixture = open()) {
            fixture.send("a-0", "warm up").join();
            long before = fixture.store.writer().forces();
            disk.holdForces();
            CompletableFuture<LogStoreFixture.Ack> first = fixture.send("a-0", "first");
            await().until(() -> fixture.store.writer().queueDepth() == 0);
            List<CompletableFuture<LogStoreFixture.Ack>> others = IntStream.range(0, 64)
                    .mapToObj(i -> fixture.send("a-0", "other " + i))
                    .toList();
            assertThat(first).isNotDone();
            assertThat(others).noneMatch(CompletableFuture::isDone);
            assertThat(fixture.visible("a-0")).containsExactly("warm up");
            disk.releaseForces();
            CompletableFuture.allOf(others.toArray(CompletableFuture[]::new)).join();
            assertThat(fixture.store.writer().forces() - before).isEqualTo(2);
        }
    }

    @RepeatedTest(5)
    void aFailedForceTakesItsLogOfflineAndNoOther() throws IOException {
        try (LogStoreFixture fixture = open()) {
            fixture.send("a-0", "kept").join();
            disk.failForcesOf(segmentsOf("a-0"));
            assertThat(reasonOf(fixture.send("a-0", "lost"))).isEqualTo(AppendFailure.Reason.OFFLINE);
            disk.failForcesOf(path -> false);
            assertThat(reasonOf(fixture.send("a-0", "refused"))).isEqualTo(AppendFailure.Reason.OFFLINE);
            assertThat(fixture.log("a-0").state()).isEqualTo(LogHandle.State.OFFLINE);
            assertThat(fixture.log("a-0").stateReason()).contains("Input/output error");
            assertThat(fixture.visible("a-0")).containsExactly("kept");
            fixture.send("b-0", "goes on").join();
            assertThat(fixture.visible("b-0")).containsExactly("goes on");
        }
        try (LogStoreFixture reopened = reopenAfterPowerLoss()) {
            assertThat(reopened.visible("a-0")).startsWith("kept");
            reopened.send("a-0", "online again").join();
        }
    }

    @RepeatedTest(5)
    void aFailedForceOfTheJournalTakesTheLogsOfItsGroupOfflineAndLaterGroupsAreForcedFileByFile() throws IOException {
        try (LogStoreFixture fixture = open()) {
            sendTogether(fixture, "kept", "a-0", "a-1", "b-0").forEach(CompletableFuture::join);
            disk.failForcesOf(path -> path.toString().endsWith(".journal"));
            sendTogether(fixture, "lost", "a-0", "a-1")
                    .forEach(ack -> assertThat(reasonOf(ack)).isEqualTo(AppendFailure.Reason.OFFLINE));
            disk.failForcesOf(path -> false);
            fixture.send("b-0", "goes on").join();
            assertThat(fixture.visible("b-0")).containsExactly("kept", "goes on");
        }
        try (LogStoreFixture reopened = reopenAfterPowerLoss()) {
            assertThat(reopened.visible("a-0")).startsWith("kept");
            assertThat(reopened.visible("a-1")).startsWith("kept");
            assertThat(reopened.visible("b-0")).containsExactly("kept", "goes on");
        }
    }

    /** One group for sure: they queue while the writer is held in a force. */
    private List<CompletableFuture<LogStoreFixture.Ack>> sendTogether(
            LogStoreFixture fixture, String payload, String... logs) {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        fixture.store.writer().execute(gate::join);
        List<CompletableFuture<LogStoreFixture.Ack>> acks =
                Stream.of(logs).map(log -> fixture.send(log, payload)).toList();
        gate.complete(null);
        return acks;
    }

    @Test
    void whatOnlyTheJournalHoldsSurvivesAFailedLazyForceACleanStopAndARefusedDeletion() throws IOException {
        try (LogStoreFixture fixture = open()) {
            disk.failForcesOf(segmentsOf("a-0"));
            sendTogether(fixture, "only in the journal", "a-0", "a-1").forEach(CompletableFuture::join);
            await().until(() -> fixture.log("a-0").state() == LogHandle.State.OFFLINE);
            assertThatThrownBy(() -> fixture.store.delete("b-0"))
                    .hasMessageContaining("a-0 is offline")
                    .hasMessageContaining("restart");
            fixture.send("b-0", "still there").join();
        }
        try (LogStoreFixture reopened = reopenAfterPowerLoss()) {
            assertThat(reopened.visible("a-0")).containsExactly("only in the journal");
            assertThat(reopened.visible("b-0")).containsExactly("still there");
        }
    }

    @Test
    void aJournalFileThatHoldsTheOnlyCopyIsNotUsedAgain() throws IOException {
        LogStoreFixture fixture = open();
        disk.failForcesOf(segmentsOf("a-0"));
        sendTogether(fixture, "only in the journal", "a-0", "a-1").forEach(CompletableFuture::join);
        await().until(() -> fixture.log("a-0").state() == LogHandle.State.OFFLINE);
        String filler = "x".repeat(1_000);
        for (int i = 0; i < 600; i++) { // enough to write each journal file twice
            sendTogether(fixture, filler, "a-1", "b-0").forEach(CompletableFuture::join);
        }
        try (LogStoreFixture reopened = reopenAfterPowerLoss()) {
            assertThat(reopened.visible("a-0")).containsExactly("only in the journal");
            assertThat(reopened.visible("b-0")).hasSize(600);
        } finally {
            assertThatThrownBy(fixture::close).hasMessageContaining("power");
        }
    }

    @RepeatedTest(5)
    void aFullDiskRefusesReadsOnAndResumesByItself() throws IOException {
        try (LogStoreFixture fixture = open()) {
            fixture.sendIdempotent("a-0", PRODUCER, -1, 0, "a").join();
            disk.fillUpFor(segmentsOf("a-0"));
            assertThat(reasonOf(fixture.sendIdempotent("a-0", PRODUCER, 0, 1, "b")))
                    .isEqualTo(AppendFailure.Reason.DISK_FULL);
            assertThat(fixture.log("a-0").state()).isEqualTo(LogHandle.State.ONLINE);
            assertThat(fixture.visible("a-0")).containsExactly("a");
            disk.fillUpFor(path -> false);
            await().until(() -> !fixture.store.isDiskFull());
            fixture.sendIdempotent("a-0", PRODUCER, 0, 1, "b").join();
            assertThat(fixture.visible("a-0")).containsExactly("a", "b");
        }
    }

    @Test
    void noRoomForTheIndexTakesNoLogOffline() throws IOException {
        try (LogStoreFixture fixture = open()) {
            disk.fillUpFor(path -> path.toString().endsWith(".index"));
            for (int i = 0; i < 100; i++) {
                CompletableFuture<LogStoreFixture.Ack> ack = fixture.send("a-0", "x".repeat(700));
                if (ack.handle((told, failure) -> failure != null).join()) {
                    break; // the segment is full, and cannot be sealed without its index
                }
            }
            assertThat(fixture.log("a-0").state()).isEqualTo(LogHandle.State.ONLINE);
            disk.fillUpFor(path -> false);
            await().until(() -> !fixture.store.isDiskFull());
            fixture.send("a-0", "room again").join();
        }
    }

    @RepeatedTest(5)
    void aSlowDiskDelaysAcknowledgementsAndNothingElse() throws IOException {
        try (LogStoreFixture fixture = open()) {
            disk.holdForces();
            List<CompletableFuture<LogStoreFixture.Ack>> acks = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                acks.add(fixture.sendIdempotent("a-0", PRODUCER, i - 1, i, "m" + i));
            }
            CompletableFuture<LogStoreFixture.Ack> repeated = fixture.sendIdempotent("a-0", PRODUCER, 48, 49, "m49");
            assertThat(acks).noneMatch(CompletableFuture::isDone);
            assertThat(repeated)
                    .as("a repetition is not told before the original is safe")
                    .isNotDone();
            disk.releaseForces();
            acks.forEach(CompletableFuture::join);
            assertThat(repeated.join()).isEqualTo(acks.get(49).join());
            assertThat(fixture.visible("a-0")).hasSize(50);
        }
    }

    @Test
    void closeSettlesEverythingOnceAndLaterAppendsAreRefused() throws Exception {
        LogStoreFixture fixture = open();
        AtomicInteger told = new AtomicInteger();
        CompletableFuture<Void> gate = new CompletableFuture<>();
        fixture.store.writer().execute(gate::join);
        List<CompletableFuture<LogStoreFixture.Ack>> waiting = IntStream.range(0, 500)
                .mapToObj(i -> fixture.send(LOGS[i % LOGS.length], "m" + i))
                .toList();
        waiting.forEach(ack -> ack.whenComplete((ok, failure) -> told.incrementAndGet()));
        CompletableFuture<Void> closed = CompletableFuture.runAsync(() -> {
            try {
                fixture.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        gate.complete(null);
        closed.join();
        assertThat(waiting).allMatch(ack -> ack.isDone() && !ack.isCompletedExceptionally());
        assertThat(told).hasValue(500);
        assertThat(reasonOf(fixture.send("a-0", "late"))).isEqualTo(AppendFailure.Reason.BUSY);
        fixture.close();
    }

    @Test
    void withThePowerGoneEveryWaiterIsToldAndTheStopDoesNotHang() throws IOException {
        LogStoreFixture fixture = open();
        disk.holdForces();
        List<CompletableFuture<LogStoreFixture.Ack>> waiting = IntStream.range(0, 100)
                .mapToObj(i -> fixture.send(LOGS[i % LOGS.length], "m" + i))
                .toList();
        disk.failPower();
        disk.releaseForces();
        waiting.forEach(ack -> assertThat(reasonOf(ack)).isEqualTo(AppendFailure.Reason.OFFLINE));
        assertThatThrownBy(fixture::close).isInstanceOf(IOException.class);
    }

    @Test
    void aListenerThatThrowsHarmsNobody() throws IOException {
        try (LogStoreFixture fixture = open()) {
            fixture.log("a-0").onVisibleBeyond(0, () -> {
                throw new IllegalStateException("a bad wake-up");
            });
            ByteBuf records = LogStoreFixture.records(null, "told to a bad listener");
            fixture.store.writer().offer(new Append(fixture.log("a-0"), records, 1, null, new Append.Listener() {
                @Override
                public void onAppended(long firstId, long firstOffset, long nextOffset, Durability durability) {
                    throw new IllegalStateException("a bad listener");
                }

                @Override
                public void onFailed(AppendFailure failure) {
                    throw new IllegalStateException("a bad listener");
                }
            }));
            fixture.send("a-0", "next").join();
            assertThat(fixture.visible("a-0")).hasSize(2);
            assertThat(records.refCnt()).isZero();
        }
    }

    @Test
    void aFullQueueRefusesAndTasksStillGetThrough() throws IOException {
        try (LogStoreFixture fixture = open()) {
            disk.holdForces();
            List<CompletableFuture<LogStoreFixture.Ack>> acks = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                acks.add(fixture.send("a-0", "m"));
            }
            assertThat(acks).anyMatch(CompletableFuture::isCompletedExceptionally);
            CompletableFuture<Void> task = new CompletableFuture<>();
            fixture.store.writer().execute(() -> task.complete(null));
            disk.releaseForces();
            task.join();
            long accepted = acks.stream()
                    .filter(ack ->
                            ack.handle((told, failure) -> failure == null).join())
                    .count();
            assertThat(fixture.visible("a-0")).hasSize((int) accepted);
        }
    }

    @Test
    void theJournalRotatesUnderLoadAndAPowerLossLosesNothing() throws IOException {
        int rounds = 600;
        LogStoreFixture fixture = open();
        String filler = "x".repeat(500);
        for (int i = 0; i < rounds; i++) {
            sendTogether(fixture, i + filler, LOGS).forEach(CompletableFuture::join);
        }
        try (LogStoreFixture reopened = reopenAfterPowerLoss()) {
            List<String> expected =
                    IntStream.range(0, rounds).mapToObj(i -> i + filler).toList();
            for (String log : LOGS) {
                assertThat(reopened.visible(log)).isEqualTo(expected);
            }
        } finally {
            assertThatThrownBy(fixture::close).hasMessageContaining("power");
        }
    }

    @Test
    void withoutACleanStopTheTailIsScannedAndWithOneItIsNot() throws IOException {
        LogStoreFixture fixture = open();
        fixture.send("a-0", "a", "b").join();
        try (LogStoreFixture reopened = reopenAfterPowerLoss()) {
            assertThat(reopened.store.recoveries().stream()
                            .mapToLong(RecoveryReport::scannedRecords)
                            .sum())
                    .isEqualTo(2);
            assertThat(reopened.visible("a-0")).containsExactly("a", "b");
        }
        Path survivors = root.resolve("survivors");
        try (LogStoreFixture clean = new LogStoreFixture(survivors, new PowerLossDisk(survivors), 0, LOGS)) {
            assertThat(clean.store.recoveries()).allMatch(report -> report.scannedRecords() == 0);
            assertThat(clean.visible("a-0")).containsExactly("a", "b");
        }
        assertThatThrownBy(fixture::close).hasMessageContaining("power");
    }

    @Test
    void aStartThatFailedHalfWayDoesNotPassForACleanStop() throws IOException {
        LogStoreFixture fixture = open();
        fixture.send("a-0", "a").join();
        Path survivors = root.resolve("survivors");
        disk.survivors(survivors, new Random(1));
        Path blocked = Files.createFile(survivors.resolve("not-a-directory"));
        assertThatThrownBy(() ->
                        new LogStoreFixture(survivors, new PowerLossDisk(survivors), 0, blocked.getFileName() + "/x"))
                .isInstanceOf(IOException.class);
        try (LogStoreFixture next = new LogStoreFixture(survivors, new PowerLossDisk(survivors), 0, LOGS)) {
            assertThat(next.store.recoveries().stream()
                            .mapToLong(RecoveryReport::scannedRecords)
                            .sum())
                    .isEqualTo(1);
        }
        assertThatThrownBy(fixture::close).hasMessageContaining("power");
    }

    @Test
    void producersOfSealedSegmentsAreRememberedWithoutACheckpoint() throws IOException {
        LogStoreFixture fixture = open();
        fixture.sendIdempotent("a-0", PRODUCER, -1, 0, "once").join();
        for (int i = 0; i < 20; i++) {
            fixture.send("a-0", "x".repeat(1_000)).join();
        }
        assertThat(fixture.log("a-0").log().segmentCount()).isGreaterThan(2);
        try (LogStoreFixture reopened = reopenAfterPowerLoss()) {
            reopened.sendIdempotent("a-0", PRODUCER, -1, 0, "once").join();
            assertThat(reopened.visible("a-0")).hasSize(21).containsOnlyOnce("once");
        }
        assertThatThrownBy(fixture::close).hasMessageContaining("power");
    }

    @Test
    void anAsynchronousLogIsAcknowledgedWhenWrittenAndForcedLater() throws IOException {
        try (LogStoreFixture fixture = open()) {
            fixture.log("a-0").setFlushPolicy(new FlushPolicy(1_000, Duration.ofMillis(100)));
            LogStoreFixture.Ack ack = fixture.send("a-0", "a").join();
            assertThat(ack.durability()).isEqualTo(Durability.WRITTEN);
            assertThat(fixture.visible("a-0")).containsExactly("a");
            await().until(() -> fixture.log("a-0").log().watermarks().flushed() == ack.nextOffset());
        }
    }

    @Test
    void whatMustBeReplicatedIsInvisibleBefore() throws IOException {
        try (LogStoreFixture fixture = open()) {
            LogHandle log = fixture.log("a-0");
            log.requireReplication(true);
            LogStoreFixture.Ack ack = fixture.send("a-0", "a").join();
            CompletableFuture<Void> woken = new CompletableFuture<>();
            log.onVisibleBeyond(0, () -> woken.complete(null));
            assertThat(woken).isNotDone();
            assertThat(fixture.visible("a-0")).isEmpty();
            log.advanceReplicated(ack.nextOffset());
            assertThat(woken).isDone();
            assertThat(fixture.visible("a-0")).containsExactly("a");
        }
    }
}
