// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import static io.metaq.server.zookeeper.RegistrationFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.metaq.server.boot.Broker;
import io.metaq.server.config.ConfigReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedZooKeeperTest {
    private static final int ROUNDS = 4;
    private static final int NODES_BEFORE_A_KILL = 40;

    @TempDir
    Path directory;

    private String brokerIni(String name, int zooKeeperPort) {
        return """
                [system]
                brokerId=3
                serverPort=0
                dashboardHttpPort=0
                hostName=127.0.0.1
                dataPath=%s
                [zookeeper]
                zk.embeddedPort=%d
                [topic=test]
                """.formatted(directory.resolve(name), zooKeeperPort);
    }

    @Test
    void whatWasWrittenIsThereAfterARestart() throws Exception {
        int port;
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(directory, 0);
                ZooKeeperTree tree = new ZooKeeperTree(zookeeper.port())) {
            port = zookeeper.port();
            tree.create("/meta/consumers/g/offsets/t/0-0", "17-4096", CreateMode.PERSISTENT);
        }
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(directory, port);
                ZooKeeperTree tree = new ZooKeeperTree(port)) {
            assertThat(zookeeper.port()).isEqualTo(port);
            assertThat(tree.below("/meta")).containsEntry("/meta/consumers/g/offsets/t/0-0", "P 17-4096");
        }
    }

    @Test
    void whatWasAcknowledgedSurvivesKills() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<String, String> acknowledged = new TreeMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            try (EmbeddedZooKeeperProcess process = EmbeddedZooKeeperProcess.start(directory, 0)) {
                ZooKeeper session = new ZooKeeper("127.0.0.1:" + process.port(), 10_000, event -> {});
                CountDownLatch enough = new CountDownLatch(random.nextInt(NODES_BEFORE_A_KILL) + 1);
                Thread writer = new Thread(new Writer(session, round, acknowledged, enough));
                writer.start();
                assertThat(enough.await(30, TimeUnit.SECONDS)).isTrue();
                process.kill();
                writer.join();
                session.close(1);
            }
        }
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(directory, 0);
                ZooKeeperTree tree = new ZooKeeperTree(zookeeper.port())) {
            assertThat(tree.below("/acknowledged")).as("seed %d", seed).containsAllEntriesOf(acknowledged);
        }
    }

    /** Makes nodes until the server is gone, and notes those that were acknowledged. */
    private record Writer(ZooKeeper session, int round, Map<String, String> acknowledged, CountDownLatch enough)
            implements Runnable {
        @Override
        public void run() {
            try {
                if (session.exists("/acknowledged", false) == null) {
                    create("/acknowledged", "");
                }
                for (int number = 0; ; number++) {
                    String path = "/acknowledged/" + round + "-" + number;
                    create(path, "text " + number);
                    acknowledged.put(path, "P text " + number);
                    enough.countDown();
                }
            } catch (KeeperException e) {
                enough.countDown(); // the server was killed
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void create(String path, String text) throws KeeperException, InterruptedException {
            session.create(
                    path, text.getBytes(StandardCharsets.UTF_8), ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        }
    }

    @Test
    void aTakenPortIsAClearErrorAndNothingIsLeftBehind() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> EmbeddedZooKeeper.start(directory, taken.getLocalPort()))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the embedded ZooKeeper cannot listen on port " + taken.getLocalPort()
                            + " (Address already in use); set [zookeeper] zk.embeddedPort to a free one, or"
                            + " zk.zkConnect to use the server there");
            assertThatThrownBy(() ->
                            Broker.start(ConfigReader.parse("test.ini", brokerIni("broker", taken.getLocalPort()))))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(
                            "the embedded ZooKeeper cannot listen on port " + taken.getLocalPort() + " ");
        }
        try (Broker broker = Broker.start(ConfigReader.parse("test.ini", brokerIni("broker", 0)))) {
            assertThat(broker.zookeeperConnect()).startsWith("127.0.0.1:");
        }
    }

    @Test
    void theBrokersServerListensWhereItWasToldAndPersistsBesideTheData() throws Exception {
        int port = RegistrationFixture.freePort();
        try (Broker broker = Broker.start(ConfigReader.parse("test.ini", brokerIni("broker", port)));
                ZooKeeperTree tree = new ZooKeeperTree(port)) {
            assertThat(broker.zookeeperConnect()).isEqualTo("127.0.0.1:" + port);
            tree.create("/meta/consumers/g/offsets/test/3-0", "17-4096", CreateMode.PERSISTENT);
        }
        assertThat(directory.resolve("broker/__zookeeper/version-2")).isDirectory();
        try (Broker broker = Broker.start(ConfigReader.parse("test.ini", brokerIni("broker", port)));
                ZooKeeperTree tree = new ZooKeeperTree(port)) {
            assertThat(tree.below("/meta/consumers")).containsEntry("/meta/consumers/g/offsets/test/3-0", "P 17-4096");
            assertThat(tree.ephemeral("/meta")).hasSize(5).containsEntry("/meta/brokers/ids/3/master", broker.url());
        }
    }

    @Test
    void aSecondBrokerOnTheSameDataTouchesNothingOfTheFirstsServer() throws Exception {
        try (Broker broker = Broker.start(ConfigReader.parse("test.ini", brokerIni("broker", 0)))) {
            Path files = broker.dataDirectory().resolve("__zookeeper/version-2");
            List<String> before = names(files);
            assertThatThrownBy(() -> Broker.start(ConfigReader.parse("test.ini", brokerIni("broker", 0))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(
                            "is in use by process " + ProcessHandle.current().pid());
            assertThat(names(files)).isEqualTo(before);
        }
    }

    private static List<String> names(Path folder) throws IOException {
        List<String> names = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.sorted().forEach(file -> names.add(file.getFileName().toString()));
        }
        return names;
    }

    @Test
    void aServerThatStoppedByItselfIsStartedAgainOnItsPort() throws Exception {
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(directory, 0);
                ZooKeeperTree tree = new ZooKeeperTree(zookeeper.port())) {
            tree.create("/kept", "text", CreateMode.PERSISTENT);
            // What its threads report when their file cannot be written.
            zookeeper.instance().server().getZooKeeperServerListener().notifyStopping("SyncThread", 1);
            await().atMost(SOON).ignoreExceptions().untilAsserted(() -> assertThat(tree.below("/kept"))
                    .containsEntry("/kept", "P text"));
            assertThat(zookeeper.instance().isRunning()).isTrue();
        }
    }

    @Test
    void dataThatCannotBeReadAreAClearError() throws Exception {
        try (EmbeddedZooKeeper zookeeper = EmbeddedZooKeeper.start(directory, 0);
                ZooKeeperTree tree = new ZooKeeperTree(zookeeper.port())) {
            tree.create("/kept", "text", CreateMode.PERSISTENT);
        }
        try (Stream<Path> files = Files.list(directory.resolve("version-2"))) {
            for (Path file : files.filter(file -> file.getFileName().toString().startsWith("log."))
                    .toList()) {
                byte[] bytes = Files.readAllBytes(file);
                bytes[40] ^= 1;
                Files.write(file, bytes);
            }
        }
        assertThatThrownBy(() -> EmbeddedZooKeeper.start(directory, 0))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("the embedded ZooKeeper cannot use its data in " + directory + " (")
                .hasMessageEndingWith("; restore them, or move them away to begin with none: consumers' committed"
                        + " offsets are in them");
    }
}
