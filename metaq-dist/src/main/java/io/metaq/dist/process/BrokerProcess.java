// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.process;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A broker as a process of its own, on free ports, in a directory that survives it. Not thread-safe, but it may be closed by any thread. */
public final class BrokerProcess implements AutoCloseable {
    /** Of every broker that is started here. */
    public static final int BROKER_ID = 0;

    private static final String MAIN = "io.metaq.dist.cli.Metaq";
    private static final long START_SECONDS = 60;
    private static final long STOP_SECONDS = 30;
    private static final long POLL_MS = 10;

    private final Path directory;
    private final Path ini;
    private final Path log;
    private final int port;
    private final List<String> jvmArguments;
    private volatile Process process;
    private boolean closed;

    private BrokerProcess(Path directory, int port, Path ini, List<String> jvmArguments) {
        this.directory = directory;
        this.port = port;
        this.ini = ini;
        this.log = directory.resolve("broker.log");
        this.jvmArguments = jvmArguments;
    }

    /**
     * Prepares a broker; nothing runs yet.
     *
     * @param directory exists; gets the ini file, the data and {@code broker.log}
     * @param moreSystemLines for the ini file's system section
     */
    public static BrokerProcess prepare(Path directory, List<String> moreSystemLines, List<String> jvmArguments)
            throws IOException {
        int port = freePort();
        int zookeeperPort = freePort();
        List<String> lines = new ArrayList<>(List.of(
                "[system]",
                "brokerId=" + BROKER_ID,
                "hostName=127.0.0.1",
                "serverPort=" + port,
                "dashboardHttpPort=-1",
                "dataPath=" + directory.resolve("data")));
        lines.addAll(moreSystemLines);
        lines.addAll(List.of("[zookeeper]", "zk.embeddedPort=" + zookeeperPort, "zk.zkSessionTimeoutMs=4000"));
        Path ini = Files.write(directory.resolve("server.ini"), lines, StandardCharsets.UTF_8);
        return new BrokerProcess(directory, port, ini, List.copyOf(jvmArguments));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Starts it and waits until it accepts. */
    public void start() throws IOException, InterruptedException {
        launch();
        awaitAccepting();
    }

    /** Starts it and does not wait: it recovers and then accepts, or ends. */
    public synchronized void launch() throws IOException {
        if (closed) {
            throw new IOException("the broker was stopped for good");
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Dfile.encoding=UTF-8");
        command.addAll(jvmArguments);
        command.addAll(
                List.of("-cp", System.getProperty("java.class.path"), MAIN, "broker", "--config", ini.toString()));
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    /** Waits until it accepts; throws with all that it has printed when it ends instead. */
    public void awaitAccepting() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < deadline) {
            if (process.waitFor(POLL_MS, TimeUnit.MILLISECONDS)) {
                throw new IOException("the broker ended with " + process.exitValue() + ":\n" + story());
            }
            if (accepts()) {
                return;
            }
        }
        throw new IOException("the broker did not accept within " + START_SECONDS + " s:\n" + story());
    }

    private boolean accepts() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false; // not yet
        }
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** SIGTERM, and waits for a clean end. */
    public void stop() throws InterruptedException, TimeoutException {
        process.destroy();
        if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new TimeoutException("the broker did not stop within " + STOP_SECONDS + " s");
        }
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    public String url() {
        return "meta://127.0.0.1:" + port;
    }

    public int port() {
        return port;
    }

    public Path dataDirectory() {
        return directory.resolve("data");
    }

    /** Everything it has printed. */
    public String story() throws IOException {
        return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
    }

    /** Kills it if it still runs; it cannot be started again. */
    @Override
    public synchronized void close() {
        closed = true;
        if (isAlive()) {
            process.destroyForcibly();
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
