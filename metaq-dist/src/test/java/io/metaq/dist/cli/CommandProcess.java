// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The {@code metaq} command as a process of its own, with the class path and the JVM options that users get. */
final class CommandProcess implements AutoCloseable {
    private static final long END_SECONDS = 120;
    private static final String CLASS_PATH = Arrays.stream(
                    System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.contains("test-classes"))
            .collect(Collectors.joining(File.pathSeparator));
    private static final List<String> BROKER_JVM = List.of("-Xms64m", "-Xmx1g", "-XX:+UseParallelGC");
    private static final List<String> JVM = List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private final Process process;
    private final Path out;
    private final Path err;

    private CommandProcess(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /** What a command that has ended left behind. */
    record Ended(int exitCode, String out, String err) {
        /** Fails with everything that was printed. */
        Ended with(int expectedExitCode) {
            assertThat(exitCode)
                    .as("exit code; stdout:\n%s\nstderr:\n%s", out, err)
                    .isEqualTo(expectedExitCode);
            return this;
        }

        List<String> lines() {
            return out.lines().toList();
        }

        List<String> errorLines() {
            return err.lines().toList();
        }

        JsonNode json() throws JsonProcessingException {
            return new ObjectMapper().readTree(out);
        }

        List<JsonNode> jsonLines() throws JsonProcessingException {
            List<JsonNode> nodes = new ArrayList<>();
            for (String line : lines()) {
                nodes.add(new ObjectMapper().readTree(line));
            }
            return nodes;
        }
    }

    static CommandProcess start(Path directory, String... arguments) throws IOException {
        Path out = Files.createTempFile(directory, "out", ".txt");
        Path err = Files.createTempFile(directory, "err", ".txt");
        Process process = builder(directory, arguments)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        return new CommandProcess(process, out, err);
    }

    /** As {@link #start}, but the caller reads standard output, and may stop doing so. */
    static Process startPiped(Path directory, String... arguments) throws IOException {
        return builder(directory, arguments)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static ProcessBuilder builder(Path directory, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments[0].equals("broker") ? BROKER_JVM : JVM);
        command.addAll(List.of("-Dfile.encoding=UTF-8", "-cp", CLASS_PATH, Metaq.class.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).directory(directory.toFile());
    }

    /** Runs it to its end. */
    static Ended run(Path directory, String... arguments) throws IOException, InterruptedException {
        return runWithInput(directory, "", arguments);
    }

    static Ended runWithInput(Path directory, String input, String... arguments)
            throws IOException, InterruptedException {
        try (CommandProcess command = start(directory, arguments)) {
            try (var stdin = command.process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            }
            return command.awaitEnd();
        }
    }

    Ended awaitEnd() throws IOException, InterruptedException {
        if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("did not end within " + END_SECONDS + " s:\n" + out() + err());
        }
        return new Ended(process.exitValue(), out(), err());
    }

    /** Waits until it has printed this. */
    void awaitOut(String text) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> {
                    if (!process.isAlive() && !out().contains(text)) {
                        throw new AssertionError("ended with " + process.exitValue() + ":\n" + out() + err());
                    }
                    return out().contains(text);
                });
    }

    String out() throws IOException {
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    String err() throws IOException {
        return Files.readString(err, StandardCharsets.UTF_8);
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
