// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaMessageSessionFactory;
import java.io.BufferedReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Topics, sending, reading and measuring from the command line, against one broker. Each test has a topic of its own. */
class TopicCommandsTest {
    @TempDir
    static Path directory;

    private static BrokerFiles files;
    private static CommandProcess broker;

    @BeforeAll
    static void startBroker() throws Exception {
        files = BrokerFiles.write(directory, "server.ini", directory.resolve("data"));
        broker = CommandProcess.start(
                directory, "broker", "--config", files.ini().toString());
        broker.awaitOut("Ctrl-C stops it.");
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    private static CommandProcess.Ended metaq(String... arguments) throws Exception {
        return CommandProcess.run(directory, toBroker(arguments));
    }

    private static String[] toBroker(String... arguments) {
        return Stream.concat(Stream.of(arguments), Stream.of("--broker", files.address()))
                .toArray(String[]::new);
    }

    private static void create(String topic, int partitions) throws Exception {
        metaq("topic", "create", topic, "--partitions", Integer.toString(partitions))
                .with(ExitCode.OK);
    }

    private static List<JsonNode> produce(String topic, String lines, String... options) throws Exception {
        String[] all = Stream.concat(Stream.of("produce", topic, "--json"), Stream.of(options))
                .toArray(String[]::new);
        return CommandProcess.runWithInput(directory, lines, toBroker(all))
                .with(ExitCode.OK)
                .jsonLines();
    }

    @Test
    void topicsAreCreatedListedDescribedAlteredAndDeleted() throws Exception {
        JsonNode created = metaq(
                        "topic", "create", "life", "--partitions", "2", "--set", "unflushThreshold=7", "--json")
                .with(ExitCode.OK)
                .json();
        assertThat(created.path("numPartitions").asInt()).isEqualTo(2);
        assertThat(created.path("unflushThreshold").asInt()).isEqualTo(7);

        assertThat(metaq("topic", "list", "--json").with(ExitCode.OK).json().findValuesAsText("topic"))
                .contains("life");
        assertThat(metaq("topic", "list").with(ExitCode.OK).lines()).anyMatch(line -> line.startsWith("life "));

        metaq("topic", "alter", "life", "--partitions", "3").with(ExitCode.OK);
        JsonNode described =
                metaq("topic", "describe", "life", "--json").with(ExitCode.OK).json();
        assertThat(described.path("partitions")).hasSize(3);
        assertThat(described.path("partitions").path(2).path("state").asText()).isEqualTo("ONLINE");
        assertThat(described.path("unflushThreshold").asInt()).isEqualTo(7);
        assertThat(metaq("topic", "describe", "life").with(ExitCode.OK).lines()).hasSize(6);

        metaq("topic", "delete", "life").with(ExitCode.USAGE);
        metaq("topic", "delete", "life", "--yes").with(ExitCode.OK);
        assertThat(metaq("topic", "list", "--json").with(ExitCode.OK).json().findValuesAsText("topic"))
                .doesNotContain("life");
    }

    @Test
    void whatTheBrokerRefusesIsOneLineAndAnExitCode() throws Exception {
        create("there", 2);

        assertRefused("topic there exists already", "topic", "create", "there");
        assertRefused(
                "topic there has 2 partitions; they can be added, not taken away",
                "topic",
                "alter",
                "there",
                "--partitions",
                "1");
        assertRefused("there is no topic nowhere", "topic", "alter", "nowhere", "--partitions", "2");
        assertRefused("there is no topic nowhere", "topic", "describe", "nowhere");
        assertRefused("there is no topic nowhere", "topic", "delete", "nowhere", "--yes");
        assertRefused("there is no topic nowhere", "consume", "nowhere");
        assertRefused(
                "key numPartition is unknown; the nearest known key is numPartitions",
                "topic",
                "create",
                "new",
                "--set",
                "numPartition=2");
    }

    private static void assertRefused(String problem, String... arguments) throws Exception {
        CommandProcess.Ended ended = metaq(arguments).with(ExitCode.BROKER);
        assertThat(ended.errorLines()).containsExactly(problem);
        assertThat(ended.out()).isEmpty();
    }

    @Test
    void aBrokerThatIsNotThereIsToldAtOnce() throws Exception {
        String nobody = "127.0.0.1:" + BrokerFiles.freePort();
        for (String[] command : List.of(
                new String[] {"topic", "list"},
                new String[] {"produce", "any", "--message", "x"},
                new String[] {"consume", "any"},
                new String[] {"perf", "produce"},
                new String[] {"status"})) {
            String[] all = Stream.concat(Stream.of(command), Stream.of("--broker", nobody))
                    .toArray(String[]::new);
            long begun = System.nanoTime();
            CommandProcess.Ended ended = CommandProcess.run(directory, all).with(ExitCode.BROKER);
            assertThat(ended.out()).isEmpty();
            assertThat(ended.errorLines())
                    .singleElement()
                    .asString()
                    .endsWith("cannot reach meta://" + nobody + ": nobody listens there; is the broker running?");
            assertThat(System.nanoTime() - begun).isLessThan(30_000_000_000L);
        }
        assertThat(CommandProcess.run(directory, "status", "--broker", "nonsense")
                        .with(ExitCode.USAGE)
                        .errorLines())
                .containsExactly("--broker nonsense: expected is HOST:PORT");
    }

    @Test
    void linesOfStandardInputAreSentAndReadBackInOrder() throws Exception {
        create("lines", 1);

        List<JsonNode> stored = produce("lines", "one\ntwo\nthree\n");
        List<JsonNode> read =
                metaq("consume", "lines", "--json").with(ExitCode.OK).jsonLines();

        assertThat(read).extracting(node -> node.path("text").asText()).containsExactly("one", "two", "three");
        assertThat(read)
                .extracting(node -> node.path("offset").asLong())
                .containsExactlyElementsOf(stored.stream()
                        .map(node -> node.path("offset").asLong())
                        .toList());
        assertThat(read)
                .extracting(node -> node.path("id").asLong())
                .containsExactlyElementsOf(
                        stored.stream().map(node -> node.path("id").asLong()).toList());
        assertThat(stored).allMatch(node -> node.path("durability").asText().equals("FLUSHED"));
        assertThat(metaq("consume", "lines", "--max", "2").with(ExitCode.OK).lines())
                .containsExactly("one", "two");
    }

    @Test
    void keyHeadersAndAttributeTravelWithAMessage() throws Exception {
        create("told", 3);

        JsonNode stored = produce(
                        "told",
                        "",
                        "--message",
                        "bonjour \u00e9",
                        "--key",
                        "k",
                        "--header",
                        "a=1",
                        "--header",
                        "b=2",
                        "--attribute",
                        "att",
                        "--partition",
                        "2")
                .get(0);
        JsonNode read =
                metaq("consume", "told", "--json").with(ExitCode.OK).jsonLines().get(0);

        assertThat(stored.path("partition").asInt()).isEqualTo(2);
        assertThat(read.path("text").asText()).isEqualTo("bonjour \u00e9");
        assertThat(read.path("key").asText()).isEqualTo("k");
        assertThat(read.path("attribute").asText()).isEqualTo("att");
        assertThat(read.path("headers").toString()).isEqualTo("{\"a\":\"1\",\"b\":\"2\"}");
        assertThat(read.path("partition").asInt()).isEqualTo(2);
        metaq("produce", "told", "--message", "x", "--partition", "3").with(ExitCode.USAGE);
    }

    @Test
    void readingBeginsAtTheBeginningTheEndAnOffsetOrATime() throws Exception {
        create("where", 1);
        long second = produce("where", "one\ntwo\n").get(1).path("offset").asLong();
        String between = Instant.now().plusMillis(1).toString();
        produce("where", "three\n");

        assertThat(consumeFrom("beginning")).containsExactly("one", "two", "three");
        assertThat(consumeFrom("end")).isEmpty();
        assertThat(consumeFrom(Long.toString(second))).containsExactly("two", "three");
        assertThat(consumeFrom("2000-01-01T00:00:00Z")).containsExactly("one", "two", "three");
        assertThat(consumeFrom(between)).endsWith("three").doesNotContain("one");
        assertThat(consumeFrom("2100-01-01T00:00:00Z")).isEmpty();
        assertThat(metaq("consume", "where", "--from", "yesterday")
                        .with(ExitCode.USAGE)
                        .errorLines())
                .singleElement()
                .asString()
                .startsWith("--from yesterday: expected is");
    }

    private static List<String> consumeFrom(String where) throws Exception {
        return metaq("consume", "where", "--from", where).with(ExitCode.OK).lines();
    }

    @Test
    void anOffsetWhereNoMessageBeginsIsToldAndNothingBehindItIsSkipped() throws Exception {
        create("inside", 1);
        List<JsonNode> stored = produce("inside", "one\ntwo\n");
        long second = stored.get(1).path("offset").asLong();

        CommandProcess.Ended inside = metaq("consume", "inside", "--from", "5").with(ExitCode.OK);
        CommandProcess.Ended beyond =
                metaq("consume", "inside", "--from", "99999").with(ExitCode.OK);

        assertThat(inside.lines()).containsExactly("two");
        assertThat(inside.errorLines())
                .containsExactly("partition 0: no message begins at offset 5; reading from " + second);
        assertThat(beyond.lines()).isEmpty();
        assertThat(beyond.errorLines())
                .containsExactly("partition 0: no message begins at offset 99999; reading from " + 2 * second);
    }

    @Test
    void followingPrintsWhatComesLater() throws Exception {
        create("later", 2);
        produce("later", "before\n", "--partition", "0");
        try (CommandProcess following =
                CommandProcess.start(directory, toBroker("consume", "later", "--follow", "--max", "3"))) {
            following.awaitOut("before");
            produce("later", "after\n", "--partition", "1");
            produce("later", "last\n", "--partition", "0");

            assertThat(following.awaitEnd().with(ExitCode.OK).lines()).containsExactly("before", "after", "last");
        }
    }

    @Test
    void whereTheTopicIsMissingAProducerIsToldOnceAndHowToMakeIt() throws Exception {
        CommandProcess.Ended ended = CommandProcess.runWithInput(
                        directory, "one\ntwo\nthree\n", toBroker("produce", "nowhere"))
                .with(ExitCode.BROKER);

        assertThat(ended.out()).isEmpty();
        assertThat(ended.errorLines())
                .containsExactly("not stored: there is no topic nowhere; metaq topic create nowhere makes it");
    }

    @Test
    void aProducerTellsOfALineBeforeTheNextOneComes() throws Exception {
        create("typed", 1);
        Process typing = CommandProcess.startPiped(directory, toBroker("produce", "typed"));
        try (Writer keyboard = typing.outputWriter(StandardCharsets.UTF_8);
                BufferedReader screen = typing.inputReader(StandardCharsets.UTF_8)) {
            for (String line : List.of("one\n", "two\n")) {
                keyboard.write(line);
                keyboard.flush();
                assertThat(assertTimeoutPreemptively(Duration.ofSeconds(60), screen::readLine))
                        .startsWith("stored in partition 0 at offset ");
            }
        } finally {
            typing.destroyForcibly().onExit().join();
        }
    }

    @Test
    void aReaderThatGoesAwayEndsTheCommand() throws Exception {
        create("endless", 1);
        produce("endless", "first\nsecond\n");
        Process following = CommandProcess.startPiped(directory, toBroker("consume", "endless", "--follow"));
        try (BufferedReader reader = following.inputReader(StandardCharsets.UTF_8)) {
            assertThat(reader.readLine()).isEqualTo("first");
        }
        produce("endless", "third\n");
        try {
            assertThat(following.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(following.exitValue()).isEqualTo(ExitCode.READER_GONE);
        } finally {
            following.destroyForcibly().onExit().join();
        }
    }

    @Test
    void dataThatAreNoTextComeOutAsTheyAre() throws Exception {
        create("binary", 1);
        byte[] data = {(byte) 0xff, 0, (byte) 0xc3};
        try (MetaMessageSessionFactory sessions = new MetaMessageSessionFactory(MetaClientConfig.builder()
                        .serverUrl("meta://" + files.address())
                        .build());
                MessageProducer producer = sessions.createProducer()) {
            producer.publish("binary");
            producer.send(new Message("binary", data)).join();
        }

        JsonNode read = metaq("consume", "binary", "--json").with(ExitCode.OK).json();
        assertThat(read.path("base64").binaryValue()).isEqualTo(data);
        assertThat(read.has("text")).isFalse();
        Process plain = CommandProcess.startPiped(directory, toBroker("consume", "binary"));
        assertThat(plain.getInputStream().readAllBytes()).containsExactly(0xff, 0, 0xc3, '\n');
    }

    @Test
    void wrongArgumentsAreTheProblemAndWhereToReadMore() throws Exception {
        assertThat(metaq("topic", "create", "t", "--partitions", "many")
                        .with(ExitCode.USAGE)
                        .errorLines())
                .containsExactly(
                        "Invalid value for option '--partitions': 'many' is not an int",
                        "See metaq topic create --help");
        assertThat(metaq("consume", "t", "--max", "0").with(ExitCode.USAGE).errorLines())
                .containsExactly("--max 0: expected is a number above 0");
        CommandProcess.Ended incomplete = CommandProcess.run(directory, "topic").with(ExitCode.USAGE);
        assertThat(incomplete.out()).isEmpty();
        assertThat(incomplete.err()).startsWith("Usage: metaq topic");
    }

    @Test
    void theStatusIsHealthyAndReadableByScripts() throws Exception {
        JsonNode status = metaq("status", "--json").with(ExitCode.OK).json();

        assertThat(status.path("healthy").asBoolean()).isTrue();
        assertThat(status.path("pid").asLong()).isEqualTo(broker.pid());
        assertThat(metaq("status").with(ExitCode.OK).out()).contains("healthy          true");
    }

    @Test
    void sendingIsMeasuredWithRatesAndPercentilesForEachSize() throws Exception {
        String[] command = {"perf", "produce", "--size", "1024,100", "--seconds", "1", "--threads", "2"};

        assertMeasured(metaq(command).with(ExitCode.OK), "produce sync", "1024", "100");
        List<JsonNode> runs = metaq(with(command, "--json")).with(ExitCode.OK).jsonLines();
        assertThat(runs).extracting(run -> run.path("payloadBytes").asInt()).containsExactly(1024, 100);
        assertThat(runs).allSatisfy(TopicCommandsTest::assertFiguresFit);
        assertThat(runs).allMatch(run -> run.path("forces").asLong() > 0);
    }

    @Test
    void readingIsMeasuredWithRatesAndPercentilesForEachSize() throws Exception {
        String[] command = {"perf", "consume", "--size", "1024,100", "--messages", "20000"};

        assertMeasured(metaq(command).with(ExitCode.OK), "consume", "1024", "100");
        List<JsonNode> runs = metaq(with(command, "--json")).with(ExitCode.OK).jsonLines();
        assertThat(runs).extracting(run -> run.path("messages").asInt()).containsExactly(20_000, 20_000);
        assertThat(runs).allSatisfy(TopicCommandsTest::assertFiguresFit);
    }

    private static String[] with(String[] command, String more) {
        return Stream.concat(Stream.of(command), Stream.of(more)).toArray(String[]::new);
    }

    private static void assertMeasured(CommandProcess.Ended ended, String work, String... sizes) {
        List<String> lines = ended.lines();
        assertThat(lines).hasSize(2 + sizes.length);
        assertThat(lines.get(0)).startsWith("Raw limit of this disk: ");
        assertThat(lines.get(1)).contains("msgs/s", "MB/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms");
        for (int i = 0; i < sizes.length; i++) {
            assertThat(lines.get(2 + i)).startsWith(work + " ").contains(" " + sizes[i] + " ");
        }
    }

    private static void assertFiguresFit(JsonNode run) {
        double perSecond = run.path("messagesPerSecond").asDouble();
        assertThat(perSecond).isPositive();
        assertThat(run.path("megabytesPerSecond").asDouble())
                .isCloseTo(perSecond * run.path("payloadBytes").asInt() / 1e6, withPercentage(1));
        assertThat(List.of(
                        0.0,
                        run.path("p50Ms").asDouble(),
                        run.path("p99Ms").asDouble(),
                        run.path("p999Ms").asDouble(),
                        run.path("maxMs").asDouble()))
                .isSorted();
        assertThat(run.path("maxMs").asDouble()).isPositive();
    }

    @Test
    void impossibleMeasurementsAreRefused() throws Exception {
        assertThat(metaq("perf", "produce", "--size", "-5").with(ExitCode.USAGE).errorLines())
                .containsExactly("--size -5: expected is a number from 0 to 2097152");
        assertThat(metaq("perf", "produce", "--threads", "0")
                        .with(ExitCode.USAGE)
                        .errorLines())
                .containsExactly("--threads 0: expected is a number from 1 to 4096");
        assertThat(metaq("perf", "consume", "--messages", "0")
                        .with(ExitCode.USAGE)
                        .errorLines())
                .containsExactly("--messages 0: expected is a number from 1 to 2147483647");
        metaq("perf", "produce", "--sync-flush", "--async-flush").with(ExitCode.USAGE);
    }

    @Test
    void helpIsThereForEveryCommandAndAnUnknownOneIsRefused() throws Exception {
        for (String command : List.of(
                "broker", "demo", "topic", "topic create", "produce", "consume", "perf", "log", "config", "status")) {
            String[] arguments = (command + " --help").split(" ");
            assertThat(CommandProcess.run(directory, arguments)
                            .with(ExitCode.OK)
                            .out())
                    .startsWith("Usage: metaq " + command);
        }
        CommandProcess.Ended unknown = CommandProcess.run(directory, "brokr").with(ExitCode.USAGE);
        assertThat(unknown.err()).contains("Unmatched argument").contains("metaq broker");
    }
}
