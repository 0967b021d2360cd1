// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import io.metaq.dist.testkit.JavaProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.data.Stat;
import org.awaitility.Awaitility;

/**
 * A broker as a process of its own, ours or the original, on a fixed port and data directory so that it can be stopped
 * and started again. It is broker 0, and each of its topics has two partitions and is forced before it is acknowledged.
 */
abstract class BrokerProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final Path home;
    private final String zkConnect;
    private final int port;
    private final List<String> topics;
    private JavaProcess process;
    private long launchedMs;

    BrokerProcess(Path home, int port, String zkConnect, List<String> topics) {
        this.home = home;
        this.port = port;
        this.zkConnect = zkConnect;
        this.topics = new ArrayList<>(topics);
    }

    /** Starts the program with the configuration written to {@link #ini()}. */
    abstract JavaProcess launch() throws IOException;

    /**
     * Whether the broker replaces the nodes of its earlier session at once. The original does not: they last until that
     * session has ended.
     */
    abstract boolean replacesStaleNodes();

    /** Makes the topic known to the running broker. */
    abstract void createTopic(String topic) throws IOException, InterruptedException;

    String zkConnect() {
        return zkConnect;
    }

    String serverUrl() {
        return "meta://127.0.0.1:" + port;
    }

    int port() {
        return port;
    }

    Path home() {
        return home;
    }

    Path ini() {
        return home.resolve("conf").resolve("server.ini");
    }

    Path dataPath() {
        return home.resolve("data");
    }

    JavaProcess process() {
        return process;
    }

    /** Starts the broker and waits until it accepts and all its topics are in ZooKeeper. */
    void start() throws IOException {
        start("");
    }

    /** As {@link #start()}, with more lines for the system section. */
    void start(String moreSettings) throws IOException {
        Files.createDirectories(ini().getParent());
        Files.createDirectories(dataPath());
        Files.writeString(ini(), settings(moreSettings), StandardCharsets.UTF_8);
        launchedMs = System.currentTimeMillis();
        process = launch();
        awaitReady();
    }

    /** SIGTERM, and waits for the end. */
    void stop() throws InterruptedException {
        process.terminate();
        process.awaitExit(PATIENCE);
    }

    /** SIGKILL, and waits for the end. */
    void kill() throws InterruptedException {
        process.kill();
        process.awaitExit(PATIENCE);
    }

    /** Adds the section of a topic to the configuration file, which the broker may read again or not. */
    final void declareTopic(String topic) throws IOException {
        topics.add(topic);
        Files.writeString(ini(), section(topic), StandardCharsets.UTF_8, StandardOpenOption.APPEND);
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }

    private String settings(String moreSettings) {
        StringBuilder settings = new StringBuilder();
        settings.append("[system]\nbrokerId=0\nhostName=127.0.0.1\nserverPort=").append(port);
        settings.append("\ndashboardHttpPort=").append(freePort());
        settings.append("\nnumPartitions=2\nunflushThreshold=0\nunflushInterval=10000\nmaxTransferSize=1048576\n");
        settings.append("updateConsumerOffsets=true\nstat=true\ndataPath=")
                .append(dataPath())
                .append('\n');
        if (!moreSettings.contains("maxSegmentSize")) {
            settings.append("maxSegmentSize=1073741824\n");
        }
        settings.append(moreSettings).append("\n[zookeeper]\nzk.zkConnect=").append(zkConnect);
        settings.append("\nzk.zkSessionTimeoutMs=5000\nzk.zkConnectionTimeoutMs=10000\nzk.zkSyncTimeMs=500\n");
        topics.forEach(topic -> settings.append(section(topic)));
        return settings.toString();
    }

    private static String section(String topic) {
        return "[topic=" + topic + "]\nnumPartitions=2\n";
    }

    private void awaitReady() {
        try (CuratorFramework zooKeeper = CuratorFrameworkFactory.newClient(zkConnect, new RetryOneTime(100))) {
            zooKeeper.start();
            Awaitility.await("broker ready")
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(50))
                    .failFast(() -> {
                        if (!process.isAlive()) {
                            throw new AssertionError("broker ended at start\n" + process.story());
                        }
                    })
                    .until(() -> accepts() && announced(zooKeeper));
        }
    }

    private boolean announced(CuratorFramework zooKeeper) throws Exception {
        if (!isFresh(zooKeeper.checkExists().forPath("/meta/brokers/ids/0/master"))) {
            return false;
        }
        for (String topic : topics) {
            if (!isFresh(zooKeeper.checkExists().forPath("/meta/brokers/topics-sub/" + topic + "/0-m"))) {
                return false;
            }
        }
        return true;
    }

    private boolean isFresh(Stat node) {
        return node != null && (!replacesStaleNodes() || node.getCtime() >= launchedMs);
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** A port that was free a moment ago: a broker that is started again needs the same one. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException("no free port", e);
        }
    }
}
