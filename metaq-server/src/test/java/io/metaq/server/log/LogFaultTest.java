// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.server.testkit.FaultyDisk;
import io.metaq.server.testkit.PowerLoss;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A full disk and a failing one. */
class LogFaultTest {
    @TempDir
    Path root;

    private final FaultyDisk disk = new FaultyDisk();
    private Path directory;

    @BeforeEach
    void placeLog() {
        directory = root.resolve("orders-0");
    }

    private static boolean isSegment(Path path) {
        return path.toString().endsWith(".meta");
    }

    private LogFixture open(RecoveryStart start) throws IOException {
        return LogFixture.open(directory, LogFixture.SMALL, start, disk);
    }

    @Test
    void anAppendThatFindsNoRoomLeavesTheLogAsItWas() throws IOException {
        try (LogFixture fixture = open(RecoveryStart.UNKNOWN)) {
            fixture.append("a");
            for (int room = 0; room < 32; room++) {
                disk.limitRoom(room);
                assertThatThrownBy(() -> fixture.append("b", "twelve bytes")).hasMessageContaining("No space left");
                assertThat(fixture.log.watermarks().end()).isEqualTo(21);
                assertThat(fixture.payloads()).containsExactly("a");
            }
            disk.heal();
            fixture.append("c");
            assertThat(fixture.payloads()).containsExactly("a", "c");
        }
        try (LogFixture reopened = open(RecoveryStart.UNKNOWN)) {
            assertThat(reopened.report.isUneventful()).isTrue();
            assertThat(reopened.payloads()).containsExactly("a", "c");
        }
    }

    @Test
    void aRefusedRecordDoesNotComeBackWithThePower() throws IOException {
        LogFixture fixture = open(RecoveryStart.UNKNOWN);
        fixture.append("a");
        fixture.log.force();
        disk.limitRoom(25);
        assertThatThrownBy(() -> fixture.append("b", "c")).hasMessageContaining("No space left");
        disk.crash(PowerLoss.ofNothing());
        try (LogFixture recovered = open(RecoveryStart.UNKNOWN)) {
            assertThat(recovered.payloads()).containsExactly("a");
        }
    }

    @Test
    void whatCannotBeUndoneTakesTheLogOffline() throws IOException {
        LogFixture fixture = open(RecoveryStart.UNKNOWN);
        fixture.append("a");
        disk.limitRoom(5);
        disk.powerOffAfter(1);
        assertThatThrownBy(() -> fixture.append("b"))
                .isInstanceOf(LogOfflineException.class)
                .hasMessageContaining("00000000000000000000.meta");
        fixture.log.abandon();
    }

    @Test
    void aFullDiskAtTheRollLosesNothingAndTheRollIsDoneLater() throws IOException {
        try (LogFixture fixture = open(RecoveryStart.UNKNOWN)) {
            List<String> sent = new ArrayList<>();
            for (int i = 0; fixture.log.watermarks().end() < 1024; i++) {
                sent.add("message " + i);
                fixture.append(sent.get(i));
            }
            disk.limitRoom(0);
            assertThatThrownBy(() -> fixture.append("next")).hasMessageContaining("No space left");
            assertThat(fixture.payloads()).isEqualTo(sent);
            disk.heal();
            sent.add("next");
            fixture.append("next");
            assertThat(fixture.log.segmentCount()).isEqualTo(2);
            assertThat(fixture.payloads()).isEqualTo(sent);
        }
    }

    @Test
    void aFailedForceIsNeverTriedAgain() throws IOException {
        for (FaultyDisk.AfterFailedForce then : FaultyDisk.AfterFailedForce.values()) {
            LogFixture fixture = open(RecoveryStart.UNKNOWN);
            fixture.append("kept " + then);
            fixture.log.force();
            long forced = fixture.log.watermarks().flushed();
            List<String> kept = fixture.payloads();
            fixture.append("lost");
            disk.failForces(1, then, LogFaultTest::isSegment);

            assertThatThrownBy(fixture.log::force).isInstanceOf(LogOfflineException.class);
            assertThat(fixture.log.watermarks().flushed()).isEqualTo(forced);
            assertThatThrownBy(fixture.log::force)
                    .isInstanceOf(LogOfflineException.class)
                    .hasMessageContaining("failed before");
            assertThatThrownBy(fixture.log::forceFiles).isInstanceOf(LogOfflineException.class);
            fixture.log.abandon();

            disk.crash(PowerLoss.ofAllUnforced());
            try (LogFixture recovered = open(new RecoveryStart(false, forced, 0))) {
                assertThat(recovered.payloads()).isEqualTo(kept);
            }
        }
    }

    @Test
    void aForceThatFailsInARollTakesTheLogOffline() throws IOException {
        LogFixture fixture = open(RecoveryStart.UNKNOWN);
        fixture.append("x".repeat(1024));
        disk.failForces(1, FaultyDisk.AfterFailedForce.PAGES_STAY, LogFaultTest::isSegment);
        assertThatThrownBy(() -> fixture.append("next")).isInstanceOf(LogOfflineException.class);
        assertThat(fixture.log.watermarks().flushed()).isZero();
        fixture.log.abandon();
    }

    @Test
    void aReadErrorIsToldAndIsNoDamage() throws IOException {
        try (LogFixture fixture = open(RecoveryStart.UNKNOWN)) {
            fixture.append("a");
        }
        disk.failReads(LogFaultTest::isSegment);
        assertThatThrownBy(() -> open(RecoveryStart.UNKNOWN)).hasMessageContaining("Input/output error");
        try (LogFixture clean = open(RecoveryStart.CLEAN)) {
            assertThatThrownBy(() -> clean.log.slice(0, 100, 21))
                    .hasMessageContaining("Input/output error")
                    .isNotInstanceOf(DamagedRecordException.class);
            disk.heal();
            assertThat(clean.payloads()).containsExactly("a");
        }
    }

    @Test
    void recoveryReadsOnlyBehindTheRecoveryPoint() throws IOException {
        LogConfig oneSegment = new LogConfig(1 << 30, 4096);
        LogFixture fixture = LogFixture.open(directory, oneSegment, RecoveryStart.UNKNOWN, disk);
        String payload = "x".repeat(1004);
        for (int i = 0; i < 1024; i++) {
            fixture.append(payload);
        }
        fixture.log.force();
        fixture.log.writeIndex(fixture.log.watermarks().flushed());
        long recoveryPoint = fixture.log.watermarks().flushed();
        fixture.append(payload, payload);
        fixture.log.abandon();

        long before = disk.bytesRead();
        try (LogFixture recovered =
                LogFixture.open(directory, oneSegment, new RecoveryStart(false, recoveryPoint, 0), disk)) {
            assertThat(recovered.log.watermarks().end()).isEqualTo(1026 * 1024);
            assertThat(disk.bytesRead() - before).isLessThan(64 * 1024);
        }
    }

    @Test
    void afterACleanStopNoSegmentIsRead() throws IOException {
        try (LogFixture fixture = open(RecoveryStart.UNKNOWN)) {
            for (int i = 0; i < 100; i++) {
                fixture.append("message " + i);
            }
        }
        disk.failReads(LogFaultTest::isSegment);
        try (LogFixture reopened = open(RecoveryStart.CLEAN)) {
            assertThat(reopened.log.watermarks().end()).isEqualTo(100 * 20 + 10 * 9 + 90 * 10);
        }
    }
}
