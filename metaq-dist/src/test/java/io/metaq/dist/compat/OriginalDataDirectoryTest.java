// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.dist.testkit.JavaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One data directory, served by the original broker and by ours in turn. The messages are those of {@code
 * io.metaq.original.History}: 60, in two partitions of several segments, with and without attributes.
 */
class OriginalDataDirectoryTest {
    private static final String TOPIC = "history";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final int port = BrokerProcess.freePort();
    private TestingServer zooKeeper;

    @BeforeEach
    void startZooKeeper() throws Exception {
        zooKeeper = new TestingServer();
    }

    @AfterEach
    void stopZooKeeper() throws IOException {
        zooKeeper.close();
    }

    @Test
    void whatTheOriginalWroteIsReadHereContinuedHereAndReadByTheOriginalAgain() throws Exception {
        try (BrokerProcess original = original()) {
            original.start(settings());
            play("write-history", original);
            original.stop();
        }
        Map<Path, byte[]> written = segments();
        assertThat(written).hasSizeGreaterThan(4);

        try (BrokerProcess ours = ours()) {
            ours.start();
            play("read-history", ours);
            play("continue-history", ours);
            ours.stop();
        }
        assertUntouched(written);

        leaveOnlyPartitions();
        try (BrokerProcess original = original()) {
            original.start(settings());
            play("read-continued-history", original);
        }
    }

    @Test
    void whatTheOriginalWroteBeforeItWasKilledIsReadHere() throws Exception {
        try (BrokerProcess original = original()) {
            original.start(settings());
            play("write-history", original);
            original.kill();
        }
        Map<Path, byte[]> written = segments();

        try (BrokerProcess ours = ours()) {
            ours.start();
            play("continue-history", ours);
            ours.kill();
            ours.start();
            play("read-continued-history", ours);
        }
        assertUntouched(written);
    }

    private Path home() {
        return folder.resolve("broker");
    }

    /** Small segments; and no journal among the partitions, see {@link #leaveOnlyPartitions}. */
    private String settings() {
        return "maxSegmentSize=400\ndataLogPath=" + folder.resolve("journal");
    }

    /**
     * The original loads partitions in groups at its start, but forgets the last group when the last name in the
     * directory is not a partition's. So whoever goes back to it removes what we keep beside the partitions.
     */
    private void leaveOnlyPartitions() throws IOException {
        try (Stream<Path> entries = Files.list(home().resolve("data"))) {
            for (Path entry : entries.toList()) {
                if (!entry.getFileName().toString().startsWith(TOPIC + "-")) {
                    deleteAll(entry);
                }
            }
        }
    }

    private static void deleteAll(Path root) throws IOException {
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private BrokerProcess original() {
        return new OriginalBrokerProcess(home(), port, zooKeeper.getConnectString(), List.of(TOPIC));
    }

    private BrokerProcess ours() {
        return new MetaqBrokerProcess(home(), port, zooKeeper.getConnectString(), List.of(TOPIC));
    }

    private void play(String scenario, BrokerProcess broker) throws Exception {
        try (JavaProcess client = OriginalPrograms.client(folder.resolve(scenario), scenario, broker, TOPIC)) {
            int exit = client.awaitExit(PATIENCE);
            assertThat(exit)
                    .as(() -> client.story() + "\n" + broker.process().story())
                    .isZero();
        }
    }

    /** The bytes of each segment file of the topic. */
    private Map<Path, byte[]> segments() throws IOException {
        Map<Path, byte[]> segments = new TreeMap<>();
        try (Stream<Path> files = Files.walk(home().resolve("data"))) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(".meta")).toList()) {
                segments.put(file, Files.readAllBytes(file));
            }
        }
        return segments;
    }

    private static void assertUntouched(Map<Path, byte[]> written) throws IOException {
        for (Map.Entry<Path, byte[]> segment : written.entrySet()) {
            assertThat(Files.readAllBytes(segment.getKey()))
                    .as(segment.getKey().toString())
                    .startsWith(segment.getValue());
        }
    }
}
