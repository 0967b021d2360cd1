// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentedLogTest {
    @TempDir
    Path root;

    private Path directory;

    @BeforeEach
    void placeLog() {
        directory = root.resolve("orders-0");
    }

    @Test
    void whatIsAppendedOverSeveralSegmentsIsReadBackInOrder() throws IOException {
        List<String> sent = new ArrayList<>();
        try (LogFixture fixture = LogFixture.open(directory, RecoveryStart.UNKNOWN)) {
            for (int i = 0; i < 200; i++) {
                sent.add("message " + i + "x".repeat(i % 70));
                fixture.append(sent.get(i));
            }
            assertThat(fixture.log.segmentCount()).isGreaterThan(5);
            assertThat(fixture.payloads()).isEqualTo(sent);
        }
        try (LogFixture reopened = LogFixture.open(directory, RecoveryStart.CLEAN)) {
            assertThat(reopened.report.scannedBytes()).isZero();
            assertThat(reopened.payloads()).isEqualTo(sent);
            sent.add("later");
            reopened.append("later");
            assertThat(reopened.payloads()).isEqualTo(sent);
        }
    }

    @Test
    void aSliceHoldsWholeRecordsAndAtLeastOne() throws IOException {
        try (LogFixture fixture = LogFixture.open(directory, RecoveryStart.UNKNOWN)) {
            fixture.append("a".repeat(10), "b".repeat(500), "c");
            long end = fixture.log.watermarks().end();
            assertThat(fixture.log.slice(0, 31, end).lengthBytes()).isEqualTo(30);
            assertThat(fixture.log.slice(30, 1, end).lengthBytes()).isEqualTo(520);
            assertThat(fixture.log.slice(end, 100, end)).isNull();
            assertThat(fixture.log.boundaryAtOrAfter(31, end)).isEqualTo(550);
            assertThat(fixture.log.boundaryAtOrAfter(30, end)).isEqualTo(30);
        }
    }

    @Test
    void everyTruncationOfTheLastRecordIsCutAndReportedAndEarlierOnesStay() throws IOException {
        String last = "the last one";
        int lastBytes = 20 + last.length();
        for (int kept = 1; kept < lastBytes; kept++) {
            Path torn = root.resolve("torn-" + kept);
            LogFixture fixture = LogFixture.open(torn, RecoveryStart.UNKNOWN);
            fixture.append("a", "b");
            fixture.log.force();
            long start = fixture.append(last);
            fixture.log.abandon();
            Path file = torn.resolve("00000000000000000000.meta");
            truncate(file, start + kept);

            try (LogFixture recovered = LogFixture.open(torn, new RecoveryStart(false, 42, 0))) {
                assertThat(recovered.payloads()).containsExactly("a", "b");
                assertThat(recovered.report.cuts()).hasSize(1);
                RecoveryReport.Cut cut = recovered.report.cuts().get(0);
                assertThat(cut.file()).isEqualTo(file);
                assertThat(cut.offset()).isEqualTo(start);
                assertThat(cut.bytes()).isEqualTo(kept);
                recovered.append("c");
                assertThat(recovered.payloads()).containsExactly("a", "b", "c");
            }
        }
    }

    @Test
    void everyFlippedBitOfAForcedRecordIsReportedAndNeverServed() throws IOException {
        Path good = root.resolve("good-0");
        try (LogFixture fixture = LogFixture.open(good, RecoveryStart.UNKNOWN)) {
            fixture.append("first", "second", "third");
        }
        byte[] segment = Files.readAllBytes(good.resolve("00000000000000000000.meta"));
        byte[] index = Files.readAllBytes(good.resolve("00000000000000000000.index"));
        for (int bit = 0; bit < segment.length * 8; bit++) {
            Path bad = Files.createDirectories(root.resolve("bad-" + bit));
            byte[] flipped = segment.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Path file = Files.write(bad.resolve("00000000000000000000.meta"), flipped);
            Files.write(bad.resolve("00000000000000000000.index"), index);

            LogFixture reopened = LogFixture.open(bad, RecoveryStart.CLEAN);
            assertThatThrownBy(reopened::payloads)
                    .as("bit %d", bit)
                    .isInstanceOf(DamagedRecordException.class)
                    .hasMessageContaining(file.toString());
            reopened.log.abandon();
            LogFixture scanned = LogFixture.open(bad, RecoveryStart.UNKNOWN);
            assertThat(scanned.report.damage()).as("bit %d", bit).isNotEmpty();
            assertThat(scanned.report.cuts()).as("bit %d", bit).isEmpty();
            scanned.log.abandon();
        }
    }

    @Test
    void everyFlippedBitOfTheIndexIsNoticedAndTheLogStillReads() throws IOException {
        Path good = root.resolve("good-0");
        try (LogFixture fixture = LogFixture.open(good, RecoveryStart.UNKNOWN)) {
            fixture.append("first", "second", "third");
        }
        byte[] segment = Files.readAllBytes(good.resolve("00000000000000000000.meta"));
        byte[] index = Files.readAllBytes(good.resolve("00000000000000000000.index"));
        for (int bit = 0; bit < index.length * 8; bit++) {
            Path bad = Files.createDirectories(root.resolve("bad-" + bit));
            byte[] flipped = index.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(bad.resolve("00000000000000000000.meta"), segment);
            Files.write(bad.resolve("00000000000000000000.index"), flipped);
            try (LogFixture reopened = LogFixture.open(bad, RecoveryStart.UNKNOWN)) {
                assertThat(reopened.payloads()).as("bit %d", bit).containsExactly("first", "second", "third");
            }
        }
    }

    @Test
    void aMissingIndexIsRebuilt() throws IOException {
        try (LogFixture fixture = LogFixture.open(directory, RecoveryStart.UNKNOWN)) {
            for (int i = 0; i < 100; i++) {
                fixture.append("message " + i);
            }
        }
        try (var files = Files.list(directory)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".index")).toList()) {
                Files.delete(file);
            }
        }
        try (LogFixture reopened = LogFixture.open(directory, RecoveryStart.CLEAN)) {
            assertThat(reopened.payloads()).hasSize(100);
            assertThat(reopened.log.offsetAt(0)).isZero();
            assertThat(reopened.log.offsetAt(Long.MAX_VALUE))
                    .isEqualTo(reopened.log.watermarks().end());
        }
    }

    @Test
    void aMissingSegmentIsNamed() throws IOException {
        try (LogFixture fixture = LogFixture.open(directory, RecoveryStart.UNKNOWN)) {
            for (int i = 0; i < 100; i++) {
                fixture.append("message " + i + "x".repeat(50));
            }
        }
        List<Path> files;
        try (var list = Files.list(directory)) {
            files = list.filter(f -> f.toString().endsWith(".meta")).sorted().toList();
        }
        Files.delete(files.get(2));
        assertThatThrownBy(() -> LogFixture.open(directory, RecoveryStart.UNKNOWN))
                .hasMessageContaining(files.get(1).toString())
                .hasMessageContaining("missing");
    }

    @Test
    void timeSeeksFindTheFirstRecordAtOrAfter() throws IOException {
        try (LogFixture fixture = LogFixture.open(directory, RecoveryStart.UNKNOWN)) {
            long[] offsets = new long[50];
            for (int i = 0; i < 50; i++) {
                offsets[i] = fixture.appendAt(1_000_000 + i * 1_000L, "message " + i);
            }
            for (int i = 0; i < 49; i++) {
                assertThat(fixture.log.offsetAt(1_000_000 + i * 1_000L)).isEqualTo(offsets[i]);
                assertThat(fixture.log.offsetAt(1_000_000 + i * 1_000L + 1)).isEqualTo(offsets[i + 1]);
            }
        }
    }

    @Test
    void truncatedToABoundaryItGoesOnFromThere() throws IOException {
        try (LogFixture fixture = LogFixture.open(directory, RecoveryStart.UNKNOWN)) {
            long middle = 0;
            for (int i = 0; i < 100; i++) {
                long offset = fixture.append("message " + i + "x".repeat(40));
                middle = i == 50 ? offset : middle;
            }
            fixture.log.truncateTo(middle);
            assertThat(fixture.payloads()).hasSize(50);
            fixture.append("new");
            assertThat(fixture.payloads()).hasSize(51).endsWith("new");
        }
        try (LogFixture reopened = LogFixture.open(directory, RecoveryStart.UNKNOWN)) {
            assertThat(reopened.report.isUneventful()).isTrue();
            assertThat(reopened.payloads()).hasSize(51).endsWith("new");
        }
    }

    private static void truncate(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(size);
        }
    }
}
