// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code metaq demo}, and what it and {@code metaq perf} leave behind: nothing. */
class DemoCommandTest {
    private static final Pattern STARTED =
            Pattern.compile("Broker started in .*, process (\\d+), .*, data in (.*)/data");

    @TempDir
    Path directory;

    @Test
    void nothingIsLostAndALogOfItStaysShort() throws Exception {
        CommandProcess.Ended ended =
                CommandProcess.run(directory, "demo", "--messages", "4000").with(ExitCode.OK);

        assertThat(ended.err()).isEmpty();
        assertThat(ended.out()).doesNotContain("\r");
        assertThat(ended.lines()).hasSizeLessThan(25).allMatch(line -> line.length() < 200);
        assertThat(ended.lines()).contains("      4,000 of 4,000 acknowledged");
        for (String none : List.of("lost", "duplicated", "out of order")) {
            assertThat(ended.out()).containsPattern("\n  " + none + " +0\n");
        }
        assertThat(data(ended.out())).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void toldToEndItTakesItsBrokerAndItsDataWithItAndSaysNothing(String signal) throws Exception {
        try (CommandProcess demo = CommandProcess.start(directory, "demo", "--messages", "10000000")) {
            demo.awaitOut("Sending ");
            Matcher told = STARTED.matcher(demo.out());
            assertThat(told.find()).isTrue();
            ProcessHandle broker =
                    ProcessHandle.of(Long.parseLong(told.group(1))).orElseThrow();

            send(signal, demo.pid());

            assertThat(demo.awaitEnd().err()).doesNotContain("Exception").doesNotContain("failed");
            assertThat(broker.isAlive()).isFalse();
            assertThat(data(demo.out())).doesNotExist();
        }
    }

    private static void send(String signal, long pid) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static Path data(String out) {
        Matcher told = STARTED.matcher(out);
        assertThat(told.find()).as(out).isTrue();
        Path data = Path.of(told.group(2));
        assertThat(data.getParent()).isEqualTo(Path.of(System.getProperty("java.io.tmpdir")));
        return data;
    }
}
