// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verifier and dump. That no flipped bit escapes the verifier is shown by {@link CorruptionTest}. */
class LogVerifierTest {
    private static final int RECORDS = 40;

    @TempDir
    Path root;

    private Path directory;
    private final List<Long> offsets = new ArrayList<>();

    private final List<LogVerifier.Finding> findings = new ArrayList<>();
    private long told;
    private final LogVerifier verifier = new LogVerifier(new ReadOnlyDisk(), findings::add, bytes -> told += bytes);

    @BeforeEach
    void writeALog() throws IOException {
        directory = root.resolve("orders-0");
        try (LogFixture fixture = LogFixture.open(directory, RecoveryStart.UNKNOWN)) {
            for (int i = 0; i < RECORDS; i++) {
                offsets.add(fixture.append("message " + i + "x".repeat(90)));
            }
        }
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
        }
    }

    private Map<Path, String> contents() throws IOException {
        Map<Path, String> contents = new HashMap<>();
        for (Path file : files("")) {
            contents.put(
                    file,
                    Files.getLastModifiedTime(file)
                            + new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        }
        return contents;
    }

    private static void flip(Path file, int position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void aSoundLogHasNoFindingsAndAllOfItIsRead() throws IOException {
        verifier.verifyLog(directory);
        assertThat(findings).isEmpty();
        assertThat(verifier.records()).isEqualTo(RECORDS);
        assertThat(verifier.segments()).isEqualTo(5);
        assertThat(verifier.bytes()).isEqualTo(told).isEqualTo(LogVerifier.segmentBytes(directory, new NioDisk()));
    }

    @Test
    void nothingIsChangedWhateverIsFound() throws IOException {
        flip(files(".meta").get(1), 30);
        flip(files(".index").get(2), 30);
        Files.write(files(".meta").get(4), new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
        Map<Path, String> before = contents();
        verifier.verifyLog(directory);
        assertThat(findings)
                .extracting(LogVerifier.Finding::kind)
                .containsExactly(LogVerifier.Kind.DAMAGE, LogVerifier.Kind.INDEX, LogVerifier.Kind.TORN);
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void everyTruncationOfTheLastRecordIsFound() throws IOException {
        Path last = files(".meta").get(4);
        byte[] whole = Files.readAllBytes(last);
        long base = SegmentFileName.baseOffset(last).orElseThrow();
        int start = (int) (offsets.get(RECORDS - 1) - base);
        for (boolean indexed : new boolean[] {true, false}) {
            if (!indexed) {
                Files.delete(SegmentFileName.indexOf(last));
            }
            for (int size = start + 1; size < whole.length; size++) {
                Files.write(last, Arrays.copyOf(whole, size));
                findings.clear();
                verifier.verifyLog(directory);
                assertThat(findings).as("size %d, indexed %s", size, indexed).isNotEmpty();
                assertThat(findings.get(0).position()).isEqualTo(start);
                assertThat(findings.get(0).offset()).isEqualTo(offsets.get(RECORDS - 1));
                // The index proves that the record was whole once.
                assertThat(findings.get(0).kind()).isEqualTo(indexed ? LogVerifier.Kind.DAMAGE : LogVerifier.Kind.TORN);
            }
        }
    }

    @Test
    void aMissingSegmentIsFound() throws IOException {
        List<Path> segments = files(".meta");
        Files.delete(segments.get(2));
        verifier.verifyLog(directory);
        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.file()).isEqualTo(segments.get(1));
            assertThat(finding.what()).contains(segments.get(3).getFileName().toString());
        });
    }

    @Test
    void whatTheOriginalWroteIsSound() throws Exception {
        Path fixture = Path.of(getClass().getResource("/original-1.4.6.2/data").toURI());
        verifier.verifyLog(fixture.resolve("history-0"));
        verifier.verifyLog(fixture.resolve("history-1"));
        assertThat(findings).isEmpty();
        assertThat(verifier.records()).isEqualTo(60);
    }

    @Test
    void oneFileIsVerifiedByItself() throws IOException {
        Path second = files(".meta").get(1);
        flip(files(".meta").get(2), 30);
        verifier.verifyFile(second);
        assertThat(findings).isEmpty();
        flip(second, 30);
        verifier.verifyFile(second);
        assertThat(findings).singleElement().satisfies(finding -> assertThat(finding.file())
                .isEqualTo(second));
        assertThat(LogVerifier.holdsRecords(Path.of("00000000000000000000.meta.arc")))
                .isTrue();
        assertThat(LogVerifier.holdsRecords(Path.of("00000000000000000000.meta.cut-17")))
                .isTrue();
        assertThat(LogVerifier.holdsRecords(Path.of("00000000000000000000.index")))
                .isFalse();
        assertThat(LogVerifier.holdsRecords(Path.of("00000000000000000000.meta.zip")))
                .isFalse();
    }

    @Test
    void theDiskOfThoseWhoLookRefusesEveryChange() throws IOException {
        Disk disk = new ReadOnlyDisk();
        Path file = files(".meta").get(0);
        try (DiskFile open = disk.open(file)) {
            assertThatThrownBy(() -> open.write(ByteBuffer.allocate(1), 0))
                    .isInstanceOf(NonWritableChannelException.class);
            assertThatThrownBy(() -> open.truncate(0)).isInstanceOf(NonWritableChannelException.class);
        }
        assertThatThrownBy(() -> disk.create(root.resolve("new"))).isInstanceOf(ReadOnlyFileSystemException.class);
        assertThatThrownBy(() -> disk.delete(file)).isInstanceOf(ReadOnlyFileSystemException.class);
        assertThatThrownBy(() -> disk.move(file, root.resolve("new"))).isInstanceOf(ReadOnlyFileSystemException.class);
        assertThatThrownBy(() -> disk.createDirectories(root.resolve("new")))
                .isInstanceOf(ReadOnlyFileSystemException.class);
        assertThat(disk.exists(file)).isTrue();
    }

    private static final class Lines implements LogDump.Visitor {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void onRecord(LogDump.Dumped dumped) {
            String payload =
                    StandardCharsets.UTF_8.decode(dumped.payload().duplicate()).toString();
            lines.add(dumped.offset() + " " + payload.replace("x", ""));
        }

        @Override
        public void onDamage(long offset, long position, long bytes, String what) {
            lines.add(offset + " damaged " + bytes);
        }
    }

    private List<String> dump(Path file, long from, long count) throws IOException {
        Lines lines = new Lines();
        new LogDump(new ReadOnlyDisk()).dump(file, from, count, lines);
        return lines.lines;
    }

    @Test
    void aDumpBeginsAtTheFirstRecordFromAnOffsetOnAndEndsWithItsCountOrTheFile() throws IOException {
        Path second = files(".meta").get(1);
        long base = SegmentFileName.baseOffset(second).orElseThrow();
        int first = offsets.indexOf(base);
        assertThat(dump(second, 0, Long.MAX_VALUE))
                .hasSize(offsets.indexOf(
                                SegmentFileName.baseOffset(files(".meta").get(2))
                                        .orElseThrow())
                        - first)
                .startsWith(base + " message " + first);
        long third = offsets.get(first + 2);
        assertThat(dump(second, third, 2))
                .containsExactly(third + " message " + (first + 2), offsets.get(first + 3) + " message " + (first + 3));
        assertThat(dump(second, third - 1, 1)).containsExactly(third + " message " + (first + 2));
        assertThat(dump(second, third + 1, 1)).containsExactly(offsets.get(first + 3) + " message " + (first + 3));
        assertThat(dump(second, Long.MAX_VALUE, 1)).isEmpty();
        assertThat(dump(second, 0, 0)).isEmpty();
    }

    @Test
    void aDumpShowsDamageWhereItIsAndGoesOnBehind() throws IOException {
        Path first = files(".meta").get(0);
        flip(first, (int) (offsets.get(1) + 40));
        assertThat(dump(first, 0, 2))
                .containsExactly(
                        "0 message 0",
                        offsets.get(1) + " damaged " + (offsets.get(2) - offsets.get(1)),
                        offsets.get(2) + " message 2");
    }

    @Test
    void aCutIsDumpedFromItsOwnOffsetOn() throws IOException {
        byte[] segment = Files.readAllBytes(files(".meta").get(0));
        Path cut = directory.resolve("00000000000000000000.meta.cut-" + offsets.get(3));
        Files.write(cut, Arrays.copyOfRange(segment, offsets.get(3).intValue(), segment.length));
        assertThat(dump(cut, 0, 1)).containsExactly(offsets.get(3) + " message 3");
    }
}
