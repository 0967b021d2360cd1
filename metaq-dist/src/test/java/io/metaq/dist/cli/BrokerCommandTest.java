// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code metaq broker} as a user or a service manager sees it: what it prints, how it ends, what it refuses. */
class BrokerCommandTest {
    private static final String RUNNING = "Ctrl-C stops it.";
    private static final Pattern STARTED = Pattern.compile("Started in (\\d+) ms");
    private static final int BY_SIGTERM = 143;

    @TempDir
    Path directory;

    private BrokerFiles files;

    @BeforeEach
    void aConfiguration() throws IOException {
        files = BrokerFiles.write(directory, "server.ini", directory.resolve("data"));
    }

    private CommandProcess startBroker(BrokerFiles of) throws IOException {
        CommandProcess broker =
                CommandProcess.start(directory, "broker", "--config", of.ini().toString());
        broker.awaitOut(RUNNING);
        return broker;
    }

    private CommandProcess.Ended refused(Path ini) throws IOException, InterruptedException {
        return CommandProcess.run(directory, "broker", "--config", ini.toString());
    }

    @Test
    void itTellsWhereItListensAndWhereItsDataAre() throws Exception {
        try (CommandProcess broker = startBroker(files)) {
            assertThat(broker.out())
                    .contains("clients    meta://127.0.0.1:" + files.port())
                    .containsPattern("zookeeper  127\\.0\\.0\\.1:\\d+")
                    .contains("http       none")
                    .contains("data       " + files.data());
            CommandProcess.run(directory, "topic", "list", "--broker", files.address())
                    .with(ExitCode.OK);
        }
    }

    /** The best of a few, because other work on the machine is no fault of the broker's. */
    /** How long that is depends on the machine, so it is measured ({@code docs/performance.md}) and not asserted. */
    @Test
    void itTellsHowLongItsStartTook() throws Exception {
        try (CommandProcess broker = startBroker(files)) {
            Matcher told = STARTED.matcher(broker.out());
            assertThat(told.find()).isTrue();
            assertThat(Long.parseLong(told.group(1))).isPositive();
        }
    }

    @Test
    void onSigtermItStopsCleanlyAndStartsAgainWithoutRecovery() throws Exception {
        Path marker = files.data().resolve("clean-shutdown");
        try (CommandProcess broker = startBroker(files)) {
            CommandProcess.run(directory, "topic", "create", "orders", "--broker", files.address())
                    .with(ExitCode.OK);
            CommandProcess.run(directory, "produce", "orders", "--message", "hello", "--broker", files.address())
                    .with(ExitCode.OK);
            assertThat(marker).doesNotExist();

            broker.terminate();

            CommandProcess.Ended ended = broker.awaitEnd().with(BY_SIGTERM);
            assertThat(ended.lines()).endsWith("Stopping ...", "Stopped cleanly.");
            assertThat(marker).exists();
        }
        try (CommandProcess broker = startBroker(files)) {
            assertThat(marker).doesNotExist();
            assertThat(broker.err())
                    .doesNotContain("Recovered log")
                    .doesNotContain("WARN")
                    .doesNotContain("ERROR");
            assertThat(CommandProcess.run(directory, "consume", "orders", "--broker", files.address())
                            .with(ExitCode.OK)
                            .lines())
                    .containsExactly("hello");
        }
    }

    @Test
    void aStopThatCouldNotCloseEverythingDoesNotPassForAClean() throws Exception {
        try (CommandProcess broker = startBroker(files)) {
            deleteTree(files.data());

            broker.terminate();

            CommandProcess.Ended ended = broker.awaitEnd().with(ExitCode.FAILED);
            assertThat(ended.out()).contains("not cleanly").doesNotContain("Stopped cleanly");
            assertThat(ended.err()).contains("ERROR").contains(files.data().toString());
        }
    }

    @Test
    void aSecondBrokerOnTheSameDirectoryIsRefusedInOneLineAndTouchesNothing() throws Exception {
        BrokerFiles second = BrokerFiles.write(directory, "second.ini", files.data());
        try (CommandProcess first = startBroker(files)) {
            List<Path> before = filesIn(files.data());

            CommandProcess.Ended ended = refused(second.ini()).with(ExitCode.FAILED);

            assertThat(ended.out()).isEmpty();
            assertThat(ended.errorLines())
                    .containsExactly("The broker cannot start: data directory " + files.data()
                            + " is in use by process " + first.pid() + "; stop it or choose another dataPath");
            assertThat(filesIn(files.data())).isEqualTo(before);
            CommandProcess.run(directory, "status", "--broker", files.address()).with(ExitCode.OK);
        }
    }

    @Test
    void theStatusTellsWhatSomebodyMustSeeTo() throws Exception {
        BrokerFiles full = BrokerFiles.write(directory, "full.ini", files.data(), "minFreeBytes=1000000000000000");
        try (CommandProcess broker = startBroker(full)) {
            CommandProcess.Ended ended = CommandProcess.run(directory, "status", "--broker", full.address())
                    .with(ExitCode.FAILED);

            assertThat(broker.isAlive()).isTrue();
            assertThat(ended.lines())
                    .contains("healthy          false", "offlineLogs      none")
                    .anyMatch(line -> line.startsWith("problems         the disk is full"));
        }
    }

    @Test
    void aPortInUseIsRefusedWithItsSetting() throws Exception {
        try (ServerSocket taken = new ServerSocket(files.port())) {
            CommandProcess.Ended ended = refused(files.ini()).with(ExitCode.FAILED);

            assertThat(ended.errorLines().get(ended.errorLines().size() - 1))
                    .startsWith("The broker cannot start: ")
                    .contains(Integer.toString(taken.getLocalPort()))
                    .contains("serverPort");
            assertThat(ended.err()).doesNotContain("Exception").doesNotContain("\tat ");
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "[system];brokerId=0;serverprot=1 | 3 | key serverprot is unknown; the nearest known key is serverPort",
                "[system];brokerId=abc | 2 | brokerId = abc is no number; expected is a whole number, 0 to 1023",
                "[system];brokerId=0;serverPort=70000 | 3 | serverPort = 70000 is above the largest allowed, 65535;"
                        + " expected is a whole number, 0 to 65535",
                "[system];brokerId=0;;[topic=a];numPartition=3 | 5 | key numPartition is unknown; the nearest known key is"
                        + " numPartitions",
                "[system];brokerId=0;[zookeper] | 3 | section [zookeper] is unknown; the nearest known section is"
                        + " [zookeeper]",
                "[system];serverPort=0 | 1 | [system] brokerId is missing; expected is a whole number, 0 to 1023",
                "[system];brokerId=0;dataPath=/no/such/data | 3 | dataPath: the directory /no/such does not exist;"
                        + " create it first",
                "[system];brokerId=0;brokerId=1 | 3 | key brokerId stands twice in this section"
            })
    void aWrongConfigurationIsOneLineWithFileLineAndWhatIsExpected(String text, int line, String problem)
            throws Exception {
        Path ini = directory.resolve("wrong.ini");
        Files.writeString(ini, text.replace(';', '\n') + "\n", StandardCharsets.UTF_8);

        CommandProcess.Ended ended = refused(ini).with(ExitCode.USAGE);

        assertThat(ended.errorLines()).containsExactly(ini + ":" + line + ": " + problem);
        assertThat(ended.out()).isEmpty();
    }

    @Test
    void checkingAConfigurationTellsEveryProblemAndStartsNothing() throws Exception {
        Path ini = directory.resolve("wrong.ini");
        Files.writeString(ini, "[system]\nbrokerId=-1\nserverprot=1\n", StandardCharsets.UTF_8);

        CommandProcess.Ended wrong = CommandProcess.run(directory, "config", "check", ini.toString());
        CommandProcess.Ended right =
                CommandProcess.run(directory, "config", "check", files.ini().toString());

        assertThat(wrong.with(ExitCode.USAGE).errorLines()).hasSize(2).allMatch(each -> each.startsWith(ini + ":"));
        assertThat(right.with(ExitCode.OK).out()).contains("is fine", Integer.toString(files.port()));
        assertThat(files.data()).doesNotExist();
    }

    @Test
    void aMissingConfigurationIsNamed() throws Exception {
        CommandProcess.Ended ended = refused(directory.resolve("none.ini")).with(ExitCode.USAGE);

        assertThat(ended.errorLines()).hasSize(1);
        assertThat(ended.err()).contains("none.ini");
    }

    private static List<Path> filesIn(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.sorted().toList();
        }
    }

    private static void deleteTree(Path directory) throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
