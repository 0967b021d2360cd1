// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.record.RecordLayout;
import io.metaq.server.testkit.CapturedLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Single bits rot at seeded spots of segments and indexes, sealed and active. Each failure names its seed. */
class CorruptionTest {
    private static final LogConfig CONFIG = new LogConfig(4096, 512);
    private static final int RECORDS = 120;
    private static final int SPOTS_IN_SEGMENTS = 300;
    private static final int SPOTS_IN_INDEXES = 200;
    private static final long FIRST_MS = 1_000_000;
    private static final long STEP_MS = 20L;

    private static final long ENTRY_BYTES = SparseIndex.ENTRY_BYTES;

    @TempDir
    Path root;

    private Path good;
    /** Every record as it was written, header included, by offset. */
    private final TreeMap<Long, byte[]> written = new TreeMap<>();

    private final List<Long> offsets = new ArrayList<>();

    @BeforeEach
    void writeALog() throws IOException {
        good = root.resolve("good-0");
        SplittableRandom random = new SplittableRandom(42);
        try (LogFixture fixture = LogFixture.open(good, CONFIG, RecoveryStart.UNKNOWN, new NioDisk())) {
            for (int i = 0; i < RECORDS; i++) {
                offsets.add(fixture.appendAt(FIRST_MS + (long) i * STEP_MS, i + " " + "x".repeat(random.nextInt(250))));
            }
            assertThat(fixture.log.segmentCount()).isGreaterThan(4);
        }
        try (LogFixture fixture = LogFixture.open(good, CONFIG, RecoveryStart.CLEAN, new NioDisk())) {
            Reading reading = read(fixture.log);
            assertThat(reading.damage).isEmpty();
            written.putAll(reading.records);
        }
        assertThat(written).hasSize(RECORDS);
    }

    private record Reading(TreeMap<Long, byte[]> records, List<DamagedRecordException> damage) {}

    /** As a consumer reads that goes on behind what it is refused. */
    private static Reading read(SegmentedLog log) throws IOException {
        TreeMap<Long, byte[]> records = new TreeMap<>();
        List<DamagedRecordException> damage = new ArrayList<>();
        long end = log.watermarks().end();
        long at = log.startOffset();
        while (at < end) {
            LogSlice slice;
            try {
                slice = log.slice(at, 700, end);
            } catch (DamagedRecordException e) {
                damage.add(e);
                long next = log.boundaryAtOrAfter(at + 1, end);
                assertThat(next).isGreaterThan(at);
                at = next;
                continue;
            }
            ByteBuffer bytes = ByteBuffer.allocate(slice.lengthBytes());
            slice.channel().read(bytes, slice.position());
            slice.release().run();
            bytes.flip();
            while (bytes.hasRemaining()) {
                int length = RecordLayout.recordBytes(RecordLayout.payloadBytes(bytes, bytes.position()));
                assertThat(length).as("record at %d", at + bytes.position()).isBetween(20, bytes.remaining());
                byte[] record = new byte[length];
                records.put(at + bytes.position(), record);
                bytes.get(record);
            }
            at = slice.nextOffset();
        }
        return new Reading(records, damage);
    }

    private static List<Path> files(Path directory, String suffix) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
        }
    }

    private Path copyOfGood(String name) throws IOException {
        Path copy = Files.createDirectory(root.resolve(name));
        for (Path file : files(good, "")) {
            Files.copy(file, copy.resolve(file.getFileName()));
        }
        return copy;
    }

    /** Flips one bit of one file of this kind; returns the byte's position in it. */
    private record Spot(Path file, int position) {
        static Spot flip(Path directory, String suffix, SplittableRandom random) throws IOException {
            List<Path> candidates = files(directory, suffix);
            Path file = candidates.get(random.nextInt(candidates.size()));
            byte[] bytes = Files.readAllBytes(file);
            int position = random.nextInt(bytes.length);
            bytes[position] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bytes);
            return new Spot(file, position);
        }
    }

    private static List<LogVerifier.Finding> findings(Path directory) throws IOException {
        List<LogVerifier.Finding> findings = new ArrayList<>();
        new LogVerifier(new ReadOnlyDisk(), findings::add, bytes -> {}).verifyLog(directory);
        return findings;
    }

    private static List<SparseIndex.Entry> entries(Path index) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(index));
        List<SparseIndex.Entry> entries = new ArrayList<>();
        for (int at = 0; at + SparseIndex.ENTRY_BYTES <= bytes.limit(); at += SparseIndex.ENTRY_BYTES) {
            entries.add(SparseIndex.decode(bytes.slice(at, SparseIndex.ENTRY_BYTES)));
        }
        return entries;
    }

    private static void assertCoversWithoutGaps(Path segment, String as) throws IOException {
        long end = 0;
        long lastMs = 0;
        for (SparseIndex.Entry entry : entries(SegmentFileName.indexOf(segment))) {
            assertThat(entry).as(as).isNotNull();
            assertThat(entry.position()).as(as).isEqualTo(end);
            assertThat(entry.timestampMs()).as(as).isGreaterThanOrEqualTo(lastMs);
            end = entry.endPosition();
            lastMs = entry.lastTimestampMs();
        }
        assertThat(end).as(as).isEqualTo(Files.size(segment));
    }

    @Test
    void aFlippedBitInASegmentIsToldWithFileAndOffsetAndNeverServed() throws IOException {
        for (int seed = 0; seed < SPOTS_IN_SEGMENTS; seed++) {
            Path directory = copyOfGood("segment-" + seed);
            Spot spot = Spot.flip(directory, ".meta", new SplittableRandom(seed));
            long base = SegmentFileName.baseOffset(spot.file).orElseThrow();
            long rotten = base + spot.position;
            SparseIndex.Entry block = entries(SegmentFileName.indexOf(good.resolve(spot.file.getFileName()))).stream()
                    .filter(entry -> entry.endPosition() > spot.position)
                    .findFirst()
                    .orElseThrow();
            String as = "seed " + seed + ", " + spot;

            assertThat(findings(directory)).as(as).isNotEmpty().allSatisfy(finding -> {
                assertThat(finding.kind()).isEqualTo(LogVerifier.Kind.DAMAGE);
                assertThat(finding.file()).isEqualTo(spot.file);
                assertThat(finding.position()).isBetween(block.position(), block.endPosition() - 1);
                assertThat(finding.offset()).isEqualTo(base + finding.position());
            });

            // A clean start, one that scans the last segment, and one that scans everything.
            for (RecoveryStart start :
                    List.of(RecoveryStart.CLEAN, RecoveryStart.UNKNOWN, new RecoveryStart(false, 0, 0))) {
                try (LogFixture fixture = LogFixture.open(directory, CONFIG, start, new NioDisk())) {
                    assertThat(fixture.report.cuts()).as(as).isEmpty();
                    if (start.recoveryPoint() == 0) {
                        assertThat(fixture.report.damage()).as(as).isNotEmpty().allSatisfy(damage -> {
                            assertThat(damage.file()).isEqualTo(spot.file);
                            assertThat(damage.position()).isBetween(block.position(), block.endPosition() - 1);
                        });
                    }
                    Reading reading = read(fixture.log);
                    assertThat(reading.damage).as(as).isNotEmpty().allSatisfy(e -> {
                        assertThat(e).hasMessageContaining(spot.file.toString());
                        assertThat(e.offset()).isBetween(base + block.position(), base + block.endPosition() - 1);
                    });
                    assertThat(reading.records.floorKey(rotten))
                            .as(as)
                            .satisfiesAnyOf(before -> assertThat(before).isNull(), before -> assertThat(
                                            before + reading.records.get(before).length)
                                    .isLessThanOrEqualTo(rotten));
                    assertOnlyTheBlockIsMissing(reading, base + block.position(), base + block.endPosition(), as);
                    assertThat(fixture.log.watermarks().end())
                            .as(as)
                            .isEqualTo(written.lastKey() + written.lastEntry().getValue().length);
                }
            }
        }
    }

    private void assertOnlyTheBlockIsMissing(Reading reading, long from, long to, String as) {
        reading.records.forEach((offset, record) ->
                assertThat(record).as(as + ", record at " + offset).isEqualTo(written.get(offset)));
        written.keySet().stream()
                .filter(offset -> offset < from || offset >= to)
                .forEach(offset -> assertThat(reading.records).as(as).containsKey(offset));
    }

    @Test
    void aFlippedBitInAnIndexIsToldAndTheIndexRebuiltFromTheLog() throws IOException {
        for (int seed = 0; seed < SPOTS_IN_INDEXES; seed++) {
            Path directory = copyOfGood("index-" + seed);
            SplittableRandom random = new SplittableRandom(seed);
            Spot spot = Spot.flip(directory, ".index", random);
            RecoveryStart start = seed % 2 == 0 ? RecoveryStart.CLEAN : RecoveryStart.UNKNOWN;
            String as = "seed " + seed + ", " + spot;
            assertThat(findings(directory)).as(as).singleElement().satisfies(finding -> {
                assertThat(finding.kind()).isEqualTo(LogVerifier.Kind.INDEX);
                assertThat(finding.file()).isEqualTo(spot.file);
                assertThat(finding.position()).isEqualTo(spot.position / ENTRY_BYTES * ENTRY_BYTES);
            });
            try (CapturedLog told = new CapturedLog()) {
                try (LogFixture fixture = LogFixture.open(directory, CONFIG, start, new NioDisk())) {
                    assertThat(fixture.report.isUneventful()).as(as).isTrue();
                    if (seed % 4 < 2) {
                        seekEverywhere(fixture.log, random, as);
                    }
                    Reading reading = read(fixture.log);
                    assertThat(reading.damage).as(as).isEmpty();
                    assertOnlyTheBlockIsMissing(reading, -1, -1, as);
                    seekEverywhere(fixture.log, random, as);
                }
                long entry = spot.position / ENTRY_BYTES * ENTRY_BYTES;
                assertThat(told.warnings()).as(as).anySatisfy(line -> assertThat(line)
                        .contains(spot.file.toString())
                        .contains(Long.toString(entry)));
            }
            for (Path segment : files(directory, ".meta")) {
                assertCoversWithoutGaps(segment, as + ", " + segment.getFileName());
            }
        }
    }

    /** Seeks by time are never late, seeks by offset are exact. */
    private void seekEverywhere(SegmentedLog log, SplittableRandom random, String as) throws IOException {
        long end = log.watermarks().end();
        for (int i = 0; i < RECORDS; i++) {
            assertThat(log.offsetAt(FIRST_MS + (long) i * STEP_MS))
                    .as(as + ", record " + i)
                    .isLessThanOrEqualTo(offsets.get(i));
            long anywhere = random.nextLong(end);
            Long boundary = written.ceilingKey(anywhere);
            assertThat(log.boundaryAtOrAfter(anywhere, end)).as(as).isEqualTo(boundary == null ? end : boundary);
        }
    }

    @Test
    void anIndexOfGarbageIsRebuilt() throws IOException {
        for (Path index : files(good, ".index")) {
            byte[] garbage = Files.readAllBytes(index);
            Arrays.fill(garbage, (byte) 0x5A);
            Files.write(index, garbage);
        }
        try (LogFixture fixture = LogFixture.open(good, CONFIG, RecoveryStart.CLEAN, new NioDisk())) {
            seekEverywhere(fixture.log, new SplittableRandom(1), "garbage");
            assertOnlyTheBlockIsMissing(read(fixture.log), -1, -1, "garbage");
        }
        for (Path segment : files(good, ".meta")) {
            assertCoversWithoutGaps(segment, segment.toString());
        }
    }

    @Test
    void whereLogAndIndexRotTogetherTheRestIsStillServed() throws IOException {
        for (int seed = 0; seed < 100; seed++) {
            Path directory = copyOfGood("both-" + seed);
            SplittableRandom random = new SplittableRandom(seed);
            Spot inLog = Spot.flip(directory, ".meta", random);
            Spot.flip(directory, ".index", random);
            String as = "seed " + seed + ", " + inLog;
            long rotten = SegmentFileName.baseOffset(inLog.file).orElseThrow() + inLog.position;
            RecoveryStart start = seed % 2 == 0 ? RecoveryStart.CLEAN : new RecoveryStart(false, 0, 0);
            try (LogFixture fixture = LogFixture.open(directory, CONFIG, start, new NioDisk())) {
                Reading reading = read(fixture.log);
                long hit = written.floorKey(rotten);
                reading.records.forEach((offset, record) -> {
                    // A header whose index entry is gone too has nothing left that could tell.
                    if (offset != hit) {
                        assertThat(record).as(as + ", record at " + offset).isEqualTo(written.get(offset));
                    }
                });
                assertThat(reading.records.size()).as(as).isGreaterThan(RECORDS - 10);
            }
        }
    }

    @Test
    void zerosInAPayloadDoNotPassForARecordWhenALengthLeadsIntoThem() throws IOException {
        Path directory = root.resolve("zeros-0");
        String lookalike = "x".repeat(64) + "\0".repeat(8) + "y".repeat(56);
        try (LogFixture fixture = LogFixture.open(directory, CONFIG, RecoveryStart.UNKNOWN, new NioDisk())) {
            fixture.append("before", lookalike, "after");
        }
        Path segment = directory.resolve(SegmentFileName.of(0));
        byte[] bytes = Files.readAllBytes(segment);
        int lengthByte = 26 + Integer.BYTES - 1;
        assertThat(bytes[lengthByte]).isEqualTo((byte) 128);
        bytes[lengthByte] = 64;
        Files.write(segment, bytes);
        try (LogFixture fixture = LogFixture.open(directory, CONFIG, RecoveryStart.CLEAN, new NioDisk())) {
            Reading reading = read(fixture.log);
            assertThat(reading.damage).singleElement().satisfies(e -> assertThat(e.offset())
                    .isEqualTo(26));
            assertThat(reading.records).containsOnlyKeys(0L);
        }
    }
}
