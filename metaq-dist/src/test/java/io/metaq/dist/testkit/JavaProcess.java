// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * A Java program as a process of its own: its lines are read as they come, its standard error goes to a file beside.
 * Closing it kills it.
 */
public final class JavaProcess implements AutoCloseable {
    private final String name;
    private final Path errors;
    private final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Thread reader;

    private JavaProcess(String name, Path errors, Process process) {
        this.name = name;
        this.errors = errors;
        this.process = process;
        this.reader = new Thread(this::readLines, "lines-of-" + name);
        this.reader.setDaemon(true);
        this.reader.start();
    }

    /** Starts the program. Its home, in the sense of {@code user.home} too, is the given folder. */
    public static JavaProcess start(String name, Path home, String classPath, List<String> programAndArguments)
            throws IOException {
        Files.createDirectories(home);
        Path errors = home.resolve(name + ".err");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-Djava.net.preferIPv4Stack=true",
                "-Dfile.encoding=UTF-8",
                "-Duser.home=" + home,
                "-cp",
                classPath));
        command.addAll(programAndArguments);
        Process process = new ProcessBuilder(command)
                .directory(home.toFile())
                .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
                .start();
        return new JavaProcess(name, errors, process);
    }

    public List<String> lines() {
        return List.copyOf(lines);
    }

    /** The lines that begin with the given word, without it. */
    public List<String> linesAfter(String word) {
        return lines.stream()
                .filter(line -> line.startsWith(word + " "))
                .map(line -> line.substring(word.length() + 1))
                .toList();
    }

    public void send(String line) throws IOException {
        Writer input = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        input.write(line + "\n");
        input.flush();
    }

    public void endInput() throws IOException {
        process.getOutputStream().close();
    }

    /** Waits until the lines satisfy the condition; fails when the process has ended without that. */
    public void awaitLines(String expected, Duration patience, Predicate<List<String>> condition) {
        Awaitility.await(name + ": " + expected)
                .atMost(patience)
                .pollInterval(Duration.ofMillis(20))
                .failFast(() -> {
                    if (!process.isAlive() && !condition.test(lines)) {
                        throw new AssertionError(name + " ended before: " + expected + "\n" + story());
                    }
                })
                .until(() -> condition.test(lines));
    }

    /** Waits for the end of the process, and for the last of its lines. */
    public int awaitExit(Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError(name + " still runs after " + patience + "\n" + story());
        }
        reader.join(patience.toMillis());
        return process.exitValue();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL. */
    public void kill() {
        process.destroyForcibly();
    }

    /** What a person needs to see when it failed: the last lines of both outputs. */
    public String story() {
        try {
            List<String> errorLines = Files.readAllLines(errors, StandardCharsets.UTF_8);
            return "--- output of " + name + "\n" + String.join("\n", last(40, lines)) + "\n--- errors of " + name
                    + "\n" + String.join("\n", last(60, errorLines));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        kill();
    }

    private void readLines() {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                lines.add(line);
            }
        } catch (IOException e) {
            lines.add("output broke: " + e);
        }
    }

    private static List<String> last(int count, List<String> all) {
        return all.subList(Math.max(0, all.size() - count), all.size());
    }
}
