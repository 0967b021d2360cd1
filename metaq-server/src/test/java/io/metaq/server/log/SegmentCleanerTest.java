// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.record.RecordLayout;
import io.metaq.server.testkit.FaultyDisk;
import io.metaq.server.testkit.PowerLoss;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SegmentCleanerTest {
    private static final long NOON_MS = 1_700_000_000_000L;
    private static final long HOUR_MS = 3_600_000;
    private static final int SEGMENTS = 5;
    private static final int RECORDS = 40;

    @TempDir
    Path root;

    private Path directory;
    private final List<String> sent = new ArrayList<>();

    @BeforeEach
    void placeLog() {
        directory = root.resolve("orders-0");
    }

    /** Five segments; the i-th was last written at noon and i hours. */
    private LogFixture open(Disk disk) throws IOException {
        LogFixture fixture = LogFixture.open(directory, LogFixture.SMALL, RecoveryStart.UNKNOWN, disk);
        sent.clear();
        for (int i = 0; i < RECORDS; i++) {
            sent.add("message " + i + "x".repeat(90));
            fixture.append(sent.get(i));
        }
        fixture.log.force();
        List<Path> segments = segments();
        assertThat(segments).hasSize(SEGMENTS);
        for (int i = 0; i < SEGMENTS; i++) {
            Files.setLastModifiedTime(segments.get(i), FileTime.fromMillis(NOON_MS + i * HOUR_MS));
        }
        return fixture;
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(f -> f.toString().endsWith(suffix)).sorted().toList();
        }
    }

    private List<Path> segments() throws IOException {
        return files(".meta");
    }

    private static SegmentCleaner cleaner(Disk disk) {
        return new SegmentCleaner(disk, () -> false);
    }

    private static SegmentCleaner.Cleaned cleanAll(SegmentedLog log, Disk disk, SegmentDisposal disposal)
            throws IOException {
        return cleaner(disk).retireOlderThan(log, Long.MAX_VALUE, Long.MAX_VALUE, disposal);
    }

    @Test
    void segmentsThatAreOldEnoughGoOldestFirstAndTheRestStays() throws IOException {
        Disk disk = new NioDisk();
        try (LogFixture fixture = open(disk)) {
            SegmentedLog log = fixture.log;
            List<Path> before = segments();
            SegmentCleaner.Cleaned none =
                    cleaner(disk).retireOlderThan(log, NOON_MS, Long.MAX_VALUE, SegmentDisposal.DELETE);
            assertThat(none).isEqualTo(SegmentCleaner.Cleaned.NOTHING);
            SegmentCleaner.Cleaned two =
                    cleaner(disk).retireOlderThan(log, NOON_MS + 2 * HOUR_MS, Long.MAX_VALUE, SegmentDisposal.DELETE);
            assertThat(two.segments()).isEqualTo(2);
            assertThat(two.bytes()).isEqualTo(log.startOffset());
            assertThat(segments()).isEqualTo(before.subList(2, SEGMENTS));
            assertThat(files(".index"))
                    .allMatch(index -> Files.exists(
                            index.resolveSibling(index.getFileName().toString().replace(".index", ".meta"))));
            assertThat(fixture.payloads())
                    .isEqualTo(sent.subList(sent.size() - fixture.payloads().size(), RECORDS));
        }
        try (LogFixture reopened = LogFixture.open(directory, LogFixture.SMALL, RecoveryStart.UNKNOWN, disk)) {
            assertThat(reopened.log.startOffset()).isPositive();
            assertThat(reopened.report.isUneventful()).isTrue();
        }
    }

    @Test
    void aYoungSegmentKeepsTheOlderLookingOnesBehindIt() throws IOException {
        try (LogFixture fixture = open(new NioDisk())) {
            Files.setLastModifiedTime(segments().get(0), FileTime.fromMillis(NOON_MS + 100 * HOUR_MS));
            SegmentCleaner.Cleaned cleaned = cleaner(new NioDisk())
                    .retireOlderThan(fixture.log, NOON_MS + 50 * HOUR_MS, Long.MAX_VALUE, SegmentDisposal.DELETE);
            assertThat(cleaned.segments()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(SegmentDisposal.class)
    void theActiveSegmentAlwaysStaysAndTakesAppends(SegmentDisposal disposal) throws IOException {
        Disk disk = new NioDisk();
        try (LogFixture fixture = open(disk)) {
            assertThat(cleanAll(fixture.log, disk, disposal).segments()).isEqualTo(SEGMENTS - 1);
            assertThat(fixture.log.segmentCount()).isEqualTo(1);
            assertThat(cleaner(disk)
                            .retireBeyond(fixture.log, 1, Long.MAX_VALUE, disposal)
                            .segments())
                    .isZero();
            fixture.append("later");
            assertThat(fixture.payloads()).endsWith("later");
        }
    }

    @Test
    void aLogThatIsTooLargeLosesItsOldestSegmentsOnly() throws IOException {
        Disk disk = new NioDisk();
        try (LogFixture fixture = open(disk)) {
            SegmentedLog log = fixture.log;
            long end = log.watermarks().end();
            assertThat(cleaner(disk)
                            .retireBeyond(log, end, Long.MAX_VALUE, SegmentDisposal.DELETE)
                            .segments())
                    .isZero();
            assertThat(cleaner(disk)
                            .retireBeyond(log, end - 1, Long.MAX_VALUE, SegmentDisposal.DELETE)
                            .segments())
                    .isEqualTo(1);
            cleaner(disk).retireBeyond(log, 2500, Long.MAX_VALUE, SegmentDisposal.DELETE);
            assertThat(end - log.startOffset()).isBetween(1300L, 2500L);
        }
    }

    @Test
    void whatNobodyCouldReadYetStays() throws IOException {
        try (LogFixture fixture = open(new NioDisk())) {
            long limit = SegmentFileName.baseOffset(segments().get(2)).orElseThrow() + 1;
            cleaner(new NioDisk()).retireOlderThan(fixture.log, Long.MAX_VALUE, limit, SegmentDisposal.DELETE);
            assertThat(segments()).hasSize(3);
        }
    }

    @Test
    void archivesHoldTheSegmentByteForByte() throws IOException {
        Disk disk = new NioDisk();
        try (LogFixture fixture = open(disk)) {
            List<Path> before = segments();
            List<byte[]> contents = new ArrayList<>();
            for (Path segment : before) {
                contents.add(Files.readAllBytes(segment));
            }
            long second = NOON_MS + HOUR_MS;
            cleaner(disk).retireOlderThan(fixture.log, second, Long.MAX_VALUE, SegmentDisposal.ARCHIVE);
            cleanAll(fixture.log, disk, SegmentDisposal.ARCHIVE_ZIPPED);
            assertThat(files(".arc")).containsExactly(Path.of(before.get(0) + ".arc"));
            assertThat(files(".arc").get(0)).hasBinaryContent(contents.get(0));
            assertThat(files(".zip")).hasSize(SEGMENTS - 2);
            for (int i = 1; i < SEGMENTS - 1; i++) {
                assertThat(unzipped(Path.of(before.get(i) + ".zip"))).isEqualTo(contents.get(i));
            }
            assertThat(files(".new")).isEmpty();
            assertThat(segments()).hasSize(1);
            assertThat(files(".index").size()).isLessThanOrEqualTo(1);
        }
    }

    private static byte[] unzipped(Path archive) throws IOException {
        try (InputStream file = Files.newInputStream(archive);
                ZipInputStream zip = new ZipInputStream(file)) {
            ZipEntry entry = zip.getNextEntry();
            assertThat(archive.getFileName().toString()).isEqualTo(entry.getName() + ".zip");
            byte[] content = zip.readAllBytes();
            assertThat(zip.getNextEntry()).isNull();
            return content;
        }
    }

    @ParameterizedTest
    @EnumSource(SegmentDisposal.class)
    void aReaderThatHoldsASegmentReadsItToItsEnd(SegmentDisposal disposal) throws IOException {
        Disk disk = new NioDisk();
        try (LogFixture fixture = open(disk)) {
            LogSlice slice =
                    fixture.log.slice(0, 1 << 20, fixture.log.watermarks().end());
            cleanAll(fixture.log, disk, disposal);
            ByteBuffer bytes = ByteBuffer.allocate(slice.lengthBytes());
            slice.channel().read(bytes, slice.position());
            assertThat(new String(bytes.array(), StandardCharsets.UTF_8))
                    .contains(sent.get(0))
                    .contains(sent.get(5));
            slice.release().run();
            assertThat(slice.channel().isOpen()).isFalse();
            assertThat(fixture.log.slice(0, 100, fixture.log.watermarks().end()))
                    .isNull();
            assertThat(fixture.log.boundaryAtOrAfter(0, fixture.log.watermarks().end()))
                    .isEqualTo(fixture.log.startOffset());
        }
    }

    @Test
    void readersSeeDataOrThatItHasMovedWhileSegmentsComeAndGo() throws Exception {
        Disk disk = new NioDisk();
        try (LogFixture fixture = LogFixture.open(directory, LogFixture.SMALL, RecoveryStart.UNKNOWN, disk)) {
            SegmentedLog log = fixture.log;
            AtomicBoolean done = new AtomicBoolean();
            AtomicLong records = new AtomicLong();
            List<CompletableFuture<Void>> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(CompletableFuture.runAsync(() -> readAround(log, done, records), task -> daemon(task)
                        .start()));
            }
            CompletableFuture<Void> retention = CompletableFuture.runAsync(
                    () -> {
                        while (!done.get()) {
                            retireAll(log, disk);
                        }
                    },
                    task -> daemon(task).start());
            for (int i = 0; i < 4000; i++) {
                fixture.append("message " + i + "x".repeat(100));
            }
            done.set(true);
            retention.join();
            readers.forEach(CompletableFuture::join);
            assertThat(records.get()).isPositive();
            assertThat(log.segmentCount()).isLessThan(300);
        }
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "segment-cleaner-test");
        thread.setDaemon(true);
        return thread;
    }

    private static void retireAll(SegmentedLog log, Disk disk) {
        try {
            cleaner(disk).retireBeyond(log, 3000, Long.MAX_VALUE, SegmentDisposal.DELETE);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** From the start to the end and again, as a consumer that falls behind. */
    private static void readAround(SegmentedLog log, AtomicBoolean done, AtomicLong records) {
        try {
            long at = 0;
            while (!done.get()) {
                long end = log.watermarks().flushed();
                long boundary = log.boundaryAtOrAfter(at, end);
                LogSlice slice = log.slice(boundary, 400, end);
                if (slice == null) {
                    at = log.startOffset();
                    continue;
                }
                ByteBuffer bytes = ByteBuffer.allocate(slice.lengthBytes());
                int read = slice.channel().read(bytes, slice.position());
                slice.release().run();
                assertThat(read).isEqualTo(slice.lengthBytes());
                for (int position = 0; position < read; records.incrementAndGet()) {
                    position += RecordLayout.recordBytes(RecordLayout.payloadBytes(bytes, position));
                    assertThat(position).isLessThanOrEqualTo(read);
                }
                at = slice.nextOffset();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The power goes at each step in turn; whatever survives of what was not forced, no message is in neither place. */
    @ParameterizedTest
    @EnumSource(SegmentDisposal.class)
    void aPowerLossHalfWayLeavesEachSegmentInTheLogOrArchivedWhole(SegmentDisposal disposal) throws IOException {
        boolean finished = false;
        for (int step = 0; !finished; step++) {
            for (PowerLoss loss : List.of(PowerLoss.ofNothing(), PowerLoss.ofAllUnforced(), PowerLoss.random(step))) {
                directory = Files.createDirectory(root.resolve(disposal + "-" + step + "-" + loss.hashCode()))
                        .resolve("orders-0");
                FaultyDisk disk = new FaultyDisk();
                finished = crashAndRetireAgain(disk, step, loss, disposal);
            }
            assertThat(step).isLessThan(200);
        }
    }

    private boolean crashAndRetireAgain(FaultyDisk disk, int step, PowerLoss loss, SegmentDisposal disposal)
            throws IOException {
        LogFixture fixture = open(disk);
        String as = disposal + ", power off after " + step + ", " + loss;
        disk.powerOffAfter(step);
        boolean finished = false;
        try {
            cleanAll(fixture.log, disk, disposal);
            finished = true;
        } catch (FaultyDisk.PowerIsOffException e) {
            fixture.log.abandon();
        }
        disk.crash(loss);
        try (LogFixture recovered = LogFixture.open(directory, LogFixture.SMALL, RecoveryStart.UNKNOWN, disk)) {
            List<String> left = recovered.payloads();
            assertThat(recovered.report.isUneventful()).as(as).isTrue();
            assertThat(left).as(as).isEqualTo(sent.subList(RECORDS - left.size(), RECORDS));
            cleanAll(recovered.log, disk, disposal);
            assertThat(recovered.log.segmentCount()).as(as).isEqualTo(1);
            if (disposal != SegmentDisposal.DELETE) {
                assertThat(archived(disposal)).as(as).hasSize(SEGMENTS - 1);
                assertThat(archivedBytes(disposal)).as(as).isEqualTo(recovered.log.startOffset());
            }
            assertThat(files(".new")).as(as).isEmpty();
        }
        return finished;
    }

    private List<Path> archived(SegmentDisposal disposal) throws IOException {
        return files(disposal == SegmentDisposal.ARCHIVE ? ".arc" : ".zip");
    }

    private long archivedBytes(SegmentDisposal disposal) throws IOException {
        long bytes = 0;
        for (Path archive : archived(disposal)) {
            bytes += disposal == SegmentDisposal.ARCHIVE ? Files.size(archive) : unzipped(archive).length;
        }
        return bytes;
    }

    @Test
    void zippingEndsAtOnceWhenTheBrokerStops() throws IOException {
        Disk disk = new NioDisk();
        try (LogFixture fixture = open(disk)) {
            AtomicLong questions = new AtomicLong();
            SegmentCleaner stopped = new SegmentCleaner(disk, () -> questions.incrementAndGet() > 1);
            SegmentCleaner.Cleaned cleaned = stopped.retireOlderThan(
                    fixture.log, Long.MAX_VALUE, Long.MAX_VALUE, SegmentDisposal.ARCHIVE_ZIPPED);
            assertThat(cleaned.segments()).isZero();
            assertThat(fixture.payloads()).isEqualTo(sent);
            assertThat(files(".new")).isEmpty();
            assertThat(files(".zip")).isEmpty();
        }
    }

    @Test
    void aFailedDisposalLeavesTheSegmentReadableAndIsDoneTheNextTime() throws IOException {
        FaultyDisk disk = new FaultyDisk();
        try (LogFixture fixture = open(disk)) {
            disk.limitRoom(0);
            assertThatThrownBy(() -> cleanAll(fixture.log, disk, SegmentDisposal.ARCHIVE_ZIPPED))
                    .hasMessageContaining("No space left");
            assertThat(fixture.payloads()).isEqualTo(sent);
            assertThat(files(".new")).isEmpty();
            disk.heal();
            assertThat(cleanAll(fixture.log, disk, SegmentDisposal.ARCHIVE_ZIPPED)
                            .segments())
                    .isEqualTo(SEGMENTS - 1);
        }
    }

    @Test
    void aLogThatWasClosedKeepsItsFiles() throws IOException {
        LogFixture fixture = open(new NioDisk());
        fixture.log.abandon();
        List<Path> before = files("");
        assertThatThrownBy(() -> cleanAll(fixture.log, new NioDisk(), SegmentDisposal.DELETE))
                .hasMessageContaining("closed");
        assertThat(files("")).isEqualTo(before);
    }
}
