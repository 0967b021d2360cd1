// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** An embedded server in a process of its own, so that it can be killed. */
final class EmbeddedZooKeeperProcess implements Closeable {
    private static final String LISTENING = "listening ";

    private final Process process;
    private final int port;

    private EmbeddedZooKeeperProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Serves when this returns. */
    static EmbeddedZooKeeperProcess start(Path directory, int port) throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EmbeddedZooKeeperProcess.class.getName(),
                        directory.toString(),
                        Integer.toString(port))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = output.readLine();
        if (line == null || !line.startsWith(LISTENING)) {
            process.destroyForcibly();
            throw new IOException("the process did not serve but said " + line);
        }
        return new EmbeddedZooKeeperProcess(process, Integer.parseInt(line.substring(LISTENING.length())));
    }

    int port() {
        return port;
    }

    /** SIGKILL; the process is gone when this returns. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] arguments) throws Exception {
        EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(Path.of(arguments[0]), Integer.parseInt(arguments[1]));
        System.out.println(LISTENING + zookeeper.port());
        System.out.flush();
    }
}
