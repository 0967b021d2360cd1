// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordFlags;
import io.metaq.record.RecordLayout;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Segments that the broker of MetaQ 1.4.6.2 wrote open in place; the fixture's README says how they came to be. */
class OriginalSegmentsTest {
    @TempDir
    Path folder;

    private Path directory;

    @BeforeEach
    void copyTheFixture() throws IOException, URISyntaxException {
        URL fixture = OriginalSegmentsTest.class.getResource("/original-1.4.6.2/data");
        directory = folder.resolve("data");
        copy(Path.of(fixture.toURI()), directory);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void everyMessageReadsBackWithItsOffsetIdAndAttribute(int partition) throws Exception {
        try (LogFixture fixture = open(partition)) {
            assertThat(fixture.report.isUneventful()).isTrue();
            assertThat(fixture.log.segmentCount()).isEqualTo(3);
            assertThat(records(fixture.log)).isEqualTo(written(partition)).hasSize(30);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void appendsContinueBehindTheLastMessage(int partition) throws Exception {
        Map<Path, byte[]> before = segments(partition);
        long end;
        try (LogFixture fixture = open(partition)) {
            end = fixture.log.watermarks().end();
            assertThat(fixture.append("ours")).isEqualTo(end);
            fixture.log.force();
        }
        try (LogFixture fixture = open(partition)) {
            List<Stored> expected = new ArrayList<>(written(partition));
            expected.add(new Stored(end, 1, null, "ours"));
            assertThat(records(fixture.log)).isEqualTo(expected);
        }
        for (Map.Entry<Path, byte[]> old : before.entrySet()) {
            assertThat(Files.readAllBytes(old.getKey()))
                    .as(old.getKey().toString())
                    .startsWith(old.getValue());
        }
    }

    @Test
    void whatTheOriginalHadNotFinishedWritingIsCutAndTheRestStays() throws Exception {
        Path last =
                segments(0).keySet().stream().reduce((first, second) -> second).orElseThrow();
        byte[] halfARecord = {0, 0, 0, 9, 1, 2, 3, 4, 5};
        Files.write(last, halfARecord, StandardOpenOption.APPEND);

        try (LogFixture fixture = open(0)) {
            assertThat(fixture.report.cuts()).singleElement().satisfies(cut -> {
                assertThat(cut.file()).isEqualTo(last);
                assertThat(cut.bytes()).isEqualTo(halfARecord.length);
            });
            assertThat(records(fixture.log)).isEqualTo(written(0));
        }
    }

    private LogFixture open(int partition) throws IOException {
        return LogFixture.open(directory.resolve("history-" + partition), RecoveryStart.UNKNOWN);
    }

    /** One message as it lies in the log; the attribute is null when there is none. */
    private record Stored(long offset, long messageId, String attribute, String text) {}

    private static List<Stored> records(SegmentedLog log) throws IOException {
        List<Stored> records = new ArrayList<>();
        long end = log.watermarks().end();
        for (long at = log.startOffset(); at < end; ) {
            LogSlice slice = log.slice(at, 100, end);
            ByteBuffer bytes = ByteBuffer.allocate(slice.lengthBytes());
            slice.channel().read(bytes, slice.position());
            slice.release().run();
            for (int position = 0; position < bytes.limit(); ) {
                Stored stored = record(bytes, position, at + position);
                records.add(stored);
                position += RecordLayout.recordBytes(RecordLayout.payloadBytes(bytes, position));
            }
            at = slice.nextOffset();
        }
        return records;
    }

    private static Stored record(ByteBuffer bytes, int position, long offset) {
        ByteBuffer payload =
                bytes.slice(position + RecordLayout.HEADER_BYTES, RecordLayout.payloadBytes(bytes, position));
        assertThat(PayloadChecksum.of(payload, 0, payload.limit())).isEqualTo(RecordLayout.checksum(bytes, position));
        String attribute = null;
        if ((RecordLayout.flag(bytes, position) & RecordFlags.HAS_ATTRIBUTE) != 0) {
            attribute = text(payload, payload.getInt());
        }
        return new Stored(
                offset, RecordLayout.messageId(bytes, position), attribute, text(payload, payload.remaining()));
    }

    private static String text(ByteBuffer source, int length) {
        byte[] data = new byte[length];
        source.get(data);
        return new String(data, StandardCharsets.UTF_8);
    }

    /** What the original client was told about the messages of a partition, in the order of sending. */
    private static List<Stored> written(int partition) throws IOException, URISyntaxException {
        URL list = OriginalSegmentsTest.class.getResource("/original-1.4.6.2/written.txt");
        List<Stored> written = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(list.toURI()), StandardCharsets.UTF_8)) {
            String[] fields = line.split(" ", -1);
            if (fields[1].equals("0-" + partition)) {
                int number = Integer.parseInt(fields[0].substring("history-".length()));
                String attribute =
                        switch (number % 3) {
                            case 0 -> "attribute-" + number;
                            case 1 -> "";
                            default -> null;
                        };
                written.add(new Stored(Long.parseLong(fields[2]), Long.parseLong(fields[3]), attribute, fields[0]));
            }
        }
        return written;
    }

    private Map<Path, byte[]> segments(int partition) throws IOException {
        Map<Path, byte[]> segments = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory.resolve("history-" + partition))) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(".meta")).toList()) {
                segments.put(file, Files.readAllBytes(file));
            }
        }
        return segments;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path source : all.toList()) {
                Files.copy(source, to.resolve(from.relativize(source).toString()));
            }
        }
    }
}
