// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.server.testkit.FaultyDisk;
import io.metaq.server.testkit.PowerLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Power goes at a random change, unforced bytes and names survive at random: what was forced is there, once, in order. */
class LogPowerLossTest {
    private static final int ROUNDS = 4;
    private static final int STEPS = 60;
    private static final int MAX_PAYLOAD_BYTES = 700;

    @TempDir
    Path root;

    @Test
    void whatWasForcedSurvives200PowerLosses() throws IOException {
        run(0, 200);
    }

    @Test
    @Tag("soak")
    void whatWasForcedSurvives10000PowerLosses() throws IOException {
        run(1_000_000, 10_000);
    }

    private void run(long firstSeed, int seeds) throws IOException {
        for (long seed = firstSeed; seed < firstSeed + seeds; seed++) {
            Path directory = Files.createDirectory(root.resolve("seed-" + seed)).resolve("orders-0");
            new Story(directory, seed).run();
        }
    }

    /** One log's life over several power losses. Not static state: a failing seed can be run alone. */
    private static final class Story {
        private final Path directory;
        private final long seed;
        private final SplittableRandom random;
        private final FaultyDisk disk = new FaultyDisk();
        private final List<String> appended = new ArrayList<>();
        private final List<Long> ends = new ArrayList<>();
        private long recoveryPoint;
        private long forced;
        private int number;

        Story(Path directory, long seed) {
            this.directory = directory;
            this.seed = seed;
            this.random = new SplittableRandom(seed);
        }

        void run() throws IOException {
            for (int round = 0; round < ROUNDS; round++) {
                disk.powerOffAfter(random.nextInt(STEPS));
                live();
                disk.crash(PowerLoss.random(random.nextLong()));
                requireForcedSurvived();
            }
        }

        private void live() throws IOException {
            SegmentedLog log = null;
            try {
                LogFixture fixture = open();
                log = fixture.log;
                for (int step = 0; step < STEPS; step++) {
                    act(fixture);
                }
            } catch (FaultyDisk.PowerIsOffException e) {
                assertThat(e).as("seed %d", seed).hasNoCause();
            } catch (LogOfflineException e) {
                assertThat(e).as("seed %d", seed).hasRootCauseInstanceOf(FaultyDisk.PowerIsOffException.class);
            } finally {
                if (log != null) {
                    forced = Math.max(forced, log.watermarks().flushed());
                    log.abandon();
                }
            }
        }

        private LogFixture open() throws IOException {
            return LogFixture.open(directory, LogFixture.SMALL, new RecoveryStart(false, recoveryPoint, 0), disk);
        }

        private void act(LogFixture fixture) throws IOException {
            SegmentedLog log = fixture.log;
            switch (random.nextInt(8)) {
                case 0 -> log.force();
                case 1 -> {
                    log.force();
                    log.writeIndex(log.watermarks().flushed());
                }
                case 2 -> recoveryPoint = log.forceFiles();
                default -> append(fixture);
            }
        }

        private void append(LogFixture fixture) throws IOException {
            String[] payloads = new String[1 + random.nextInt(4)];
            long end = fixture.log.watermarks().end();
            for (int i = 0; i < payloads.length; i++) {
                payloads[i] = number++ + "x".repeat(random.nextInt(MAX_PAYLOAD_BYTES));
                end += 20 + payloads[i].length();
                appended.add(payloads[i]);
                ends.add(end);
            }
            fixture.append(payloads);
        }

        private void requireForcedSurvived() throws IOException {
            List<String> found;
            try (LogFixture recovered = open()) {
                found = recovered.payloads();
                assertThat(recovered.report.damage()).as("seed %d", seed).isEmpty();
                assertThat(appended.subList(0, found.size()))
                        .as("seed %d", seed)
                        .isEqualTo(found);
                assertThat(recovered.log.watermarks().end())
                        .as("seed %d: forced end", seed)
                        .isGreaterThanOrEqualTo(forced);
                forced = recovered.log.watermarks().flushed();
            }
            disk.crash(PowerLoss.random(random.nextLong()));
            try (LogFixture again = open()) {
                assertThat(again.report.isUneventful())
                        .as("seed %d: recovered twice", seed)
                        .isTrue();
                assertThat(again.payloads())
                        .as("seed %d: recovered twice", seed)
                        .isEqualTo(found);
            }
            appended.subList(found.size(), appended.size()).clear();
            ends.subList(found.size(), ends.size()).clear();
        }
    }
}
