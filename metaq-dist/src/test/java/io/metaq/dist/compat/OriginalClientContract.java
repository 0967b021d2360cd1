// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.dist.testkit.JavaProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a client of MetaQ 1.4.6.2 is entitled to, whoever the broker is: the original client's own programs judge it.
 *
 * <p>One broker serves all scenarios of a class, each with a topic of its own, in the broker's own process.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OriginalClientContract {
    static final List<String> ALL_SCENARIOS = List.of(
            "sync",
            "callback",
            "async",
            "ordered",
            "attributes",
            "special-data",
            "transfer-limit",
            "shared-group",
            "several-groups",
            "broadcast",
            "topic-browser",
            "max-offset",
            "small-consumer",
            "resumed-group",
            "stats",
            "direct");

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LIVING_MESSAGES = 100;

    private Path folder;
    private TestingServer zooKeeper;
    private BrokerProcess broker;

    abstract BrokerProcess broker(Path home, int port, String zkConnect, List<String> topics);

    abstract Stream<String> scenarios();

    @BeforeAll
    void start(@TempDir Path emptyFolder) throws Exception {
        folder = emptyFolder;
        zooKeeper = new TestingServer();
        List<String> topics =
                Stream.concat(scenarios(), Stream.of("living", "killed")).toList();
        broker = broker(folder.resolve("broker"), BrokerProcess.freePort(), zooKeeper.getConnectString(), topics);
        broker.start();
    }

    @AfterAll
    void stop() throws IOException {
        broker.close();
        zooKeeper.close();
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void theOriginalClientPlays(String scenario) throws Exception {
        try (JavaProcess client = client(scenario, scenario)) {
            int exit = client.awaitExit(PATIENCE);
            assertThat(exit)
                    .as(() -> client.story() + "\n" + broker.process().story())
                    .isZero();
        }
    }

    @Test
    void aTopicAddedAtRunTimeIsSeenByClientsThatWaitForIt() throws Exception {
        try (JavaProcess consumer = living("living-consumer", "late");
                JavaProcess producer = living("living-producer", "late")) {
            producer.awaitLines("a refusal", PATIENCE, lines -> has(lines, "failed "));
            broker.createTopic("late");
            awaitAcked(producer, LIVING_MESSAGES);
            requireAllAckedReceived(producer, consumer);
        }
    }

    @Test
    void aLivingProducerAndConsumerContinueAfterACleanRestart() throws Exception {
        survive("living", () -> broker.stop());
    }

    @Test
    void aLivingProducerAndConsumerContinueAfterTheBrokerWasKilled() throws Exception {
        survive("killed", () -> broker.kill());
    }

    private void survive(String topic, Ending ending) throws Exception {
        try (JavaProcess consumer = living("living-consumer", topic);
                JavaProcess producer = living("living-producer", topic)) {
            awaitAcked(producer, LIVING_MESSAGES);
            ending.run();
            broker.start();
            awaitAcked(producer, producer.linesAfter("acked").size() + LIVING_MESSAGES);
            requireAllAckedReceived(producer, consumer);
        }
    }

    /** Ends the producer and then expects each acknowledged message at the consumer. */
    private static void requireAllAckedReceived(JavaProcess producer, JavaProcess consumer) throws Exception {
        producer.endInput();
        assertThat(producer.awaitExit(PATIENCE)).as(producer::story).isZero();
        List<String> acked = firstWords(producer.linesAfter("acked"));
        consumer.awaitLines("all " + acked.size() + " acknowledged messages", PATIENCE, lines -> firstWords(
                        consumer.linesAfter("received"))
                .containsAll(acked));
        assertThat(consumer.linesAfter("received"))
                .as("messages received twice")
                .doesNotHaveDuplicates();
    }

    private static void awaitAcked(JavaProcess producer, int count) {
        producer.awaitLines(
                count + " acknowledged messages",
                PATIENCE,
                lines -> producer.linesAfter("acked").size() >= count);
    }

    private JavaProcess living(String scenario, String topic) throws IOException {
        JavaProcess client = client(scenario, topic);
        client.awaitLines("ready", PATIENCE, lines -> lines.contains("ready"));
        return client;
    }

    private JavaProcess client(String scenario, String topic) throws IOException {
        return OriginalPrograms.client(folder.resolve(scenario + "-" + topic), scenario, broker, topic);
    }

    private static boolean has(List<String> lines, String prefix) {
        return lines.stream().anyMatch(line -> line.startsWith(prefix));
    }

    private static List<String> firstWords(List<String> lines) {
        Function<String, String> firstWord = line -> line.substring(0, line.indexOf(' '));
        return lines.stream().map(firstWord).toList();
    }

    private interface Ending {
        void run() throws InterruptedException;
    }
}
