// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import static io.metaq.server.zookeeper.RegistrationFixture.MASTER;
import static io.metaq.server.zookeeper.RegistrationFixture.SOON;
import static io.metaq.server.zookeeper.RegistrationFixture.freePort;
import static io.metaq.server.zookeeper.RegistrationFixture.health;
import static io.metaq.server.zookeeper.RegistrationFixture.nodesOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.metaq.server.boot.Broker;
import io.metaq.server.testkit.FrozenRelay;
import io.metaq.server.testkit.WireClient;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ZooKeeper goes away, and comes back, and something is in the way: registration holds again, and serving never stops. */
class RegistrationFaultTest {
    @TempDir
    Path directory;

    private RegistrationFixture fixture;

    @BeforeEach
    void open() throws Exception {
        fixture = new RegistrationFixture(directory);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private static void assertServes(Broker broker) throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            assertThat(client.ask("put test 0 5 0 -1 1\r\nhello").code()).isEqualTo(200);
        }
    }

    private void awaitNodes(Map<String, String> nodes) {
        await().atMost(SOON).untilAsserted(() -> assertThat(fixture.tree().ephemeral("/meta"))
                .isEqualTo(nodes));
    }

    private static void awaitHealth(int httpPort, String answer) {
        await().atMost(SOON).untilAsserted(() -> assertThat(health(httpPort)).startsWith(answer));
    }

    @Test
    void aSessionThatExpiredIsFollowedByOneWithTheSameNodes() throws Exception {
        String ini = fixture.ini("a", fixture.zookeeper().connectString());
        try (Broker broker = RegistrationFixture.start(ini)) {
            for (int round = 0; round < 3; round++) {
                long session = fixture.tree().owner(MASTER);
                fixture.zookeeper().instance().server().closeSession(session);
                await().atMost(SOON)
                        .untilAsserted(
                                () -> assertThat(fixture.tree().owner(MASTER)).isNotIn(0L, session));
                awaitNodes(nodesOf(broker, ini));
                assertServes(broker);
            }
            awaitHealth(broker.httpPort(), "200 ok");
        }
        assertThat(fixture.tree().ephemeral("/meta")).isEmpty();
    }

    @Test
    void aBrokerCutOffForLongerThanItsSessionServesOnAndIsThereAgainAfterwards() throws Exception {
        try (FrozenRelay way = new FrozenRelay(fixture.zookeeper().port())) {
            String ini = fixture.ini("a", "127.0.0.1:" + way.port());
            try (Broker broker = RegistrationFixture.start(ini)) {
                way.freeze();
                awaitNodes(Map.of());
                assertServes(broker);
                awaitHealth(broker.httpPort(), "503 registration: ZooKeeper is not connected");
                broker.topics().alter("test", Map.of("numPartitions", "3"));
                broker.topics().create("brief", Map.of());
                broker.topics().delete("brief");
                broker.topics().alter("test", Map.of("acceptPublish", "false"));

                way.thaw();
                await().atMost(SOON).untilAsserted(() -> assertThat(
                                fixture.tree().ephemeral("/meta/brokers"))
                        .hasSize(4)
                        .containsEntry(MASTER, broker.url())
                        .containsEntry("/meta/brokers/topics/test/3-m", "3")
                        .containsEntry("/meta/brokers/topics-sub/test/3-m", "{\"numParts\":3,\"broker\":\"3-m\"}"));
                awaitHealth(broker.httpPort(), "200 ok");
            }
        }
    }

    @Test
    void aShortCutLeavesTheNodesAsTheyAre() throws Exception {
        try (FrozenRelay way = new FrozenRelay(fixture.zookeeper().port())) {
            try (Broker broker = RegistrationFixture.start(fixture.ini("a", "127.0.0.1:" + way.port()))) {
                String node = "/meta/brokers/topics-sub/test/3-m";
                long before = fixture.tree().session().exists(node, false).getCzxid();
                way.freeze();
                broker.topics().create("orders", Map.of());
                way.thaw();
                await().atMost(SOON)
                        .untilAsserted(() -> assertThat(fixture.tree().owner("/meta/brokers/topics-sub/orders/3-m"))
                                .isNotZero());
                assertThat(fixture.tree().session().exists(node, false).getCzxid())
                        .isEqualTo(before);
            }
        }
    }

    @Test
    void whenZooKeeperWasAwayTheTopicsMadeMeanwhileAreSeenOnceItIsBack() throws Exception {
        try (Broker broker = fixture.start()) {
            fixture.stopZooKeeper();
            awaitHealth(broker.httpPort(), "503 registration: ZooKeeper is not connected");
            assertServes(broker);
            broker.topics().create("meanwhile", Map.of());

            fixture.startZooKeeperAgain("zookeeper");
            await().atMost(SOON).untilAsserted(() -> assertThat(fixture.tree().ephemeral("/meta"))
                    .hasSize(8)
                    .containsEntry(MASTER, broker.url())
                    .containsKey("/meta/brokers/topics-sub/meanwhile/3-m"));
            awaitHealth(broker.httpPort(), "200 ok");
        }
        assertThat(fixture.tree().ephemeral("/meta")).isEmpty();
    }

    @Test
    void aZooKeeperThatComesBackWithNothingIsFilledAgain() throws Exception {
        String ini = fixture.ini("a", fixture.zookeeper().connectString());
        try (Broker broker = RegistrationFixture.start(ini)) {
            fixture.stopZooKeeper();
            fixture.startZooKeeperAgain("another-zookeeper");
            awaitNodes(nodesOf(broker, ini));
            assertThat(fixture.tree().below("/meta/brokers/ids"))
                    .containsEntry("/meta/brokers/ids/3", "P " + broker.url());
        }
    }

    @Test
    void aBrokerThatStartsWithoutZooKeeperServesAndRegistersWhenItComes() throws Exception {
        fixture.stopZooKeeper();
        String ini = fixture.ini("a", fixture.zookeeper().connectString());
        try (Broker broker = RegistrationFixture.start(ini)) {
            assertServes(broker);
            assertThat(health(broker.httpPort())).isEqualTo("503 registration: ZooKeeper is not connected");
            fixture.startZooKeeperAgain("zookeeper");
            awaitNodes(nodesOf(broker, ini));
            awaitHealth(broker.httpPort(), "200 ok");
        } finally {
            if (!fixture.zookeeper().instance().isRunning()) {
                fixture.startZooKeeperAgain("zookeeper");
            }
        }
    }

    @Test
    void aBrokerWithoutZooKeeperStopsAtOnce() throws Exception {
        Broker broker = fixture.start();
        fixture.stopZooKeeper();
        awaitHealth(broker.httpPort(), "503 registration: ZooKeeper is not connected");
        long before = System.nanoTime();
        broker.close();
        assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - before))
                .as("seconds to stop")
                .isLessThan(10);
    }

    @Test
    void aRegistrationThatFailsIsRepeatedUntilItHolds() throws Exception {
        String obstacle = "/meta/brokers/topics-pub/test/3-m/obstacle";
        fixture.tree().create(obstacle, "", CreateMode.PERSISTENT);
        int httpPort = freePort();
        String ini = fixture.ini("a", fixture.zookeeper().connectString(), 0, httpPort);
        CompletableFuture<Broker> starting = RegistrationFixture.startBeside(ini);
        awaitHealth(httpPort, "503 registration: ZooKeeper refused it: ");

        fixture.tree().delete(obstacle);
        try (Broker broker = starting.get(30, TimeUnit.SECONDS)) {
            awaitNodes(nodesOf(broker, ini));
            awaitHealth(httpPort, "200 ok");
        }
    }

    @Test
    void aMissingPathAtTheEndOfTheConnectStringIsTold() throws Exception {
        int httpPort = freePort();
        String connect = fixture.zookeeper().connectString() + "/apps";
        CompletableFuture<Broker> starting = RegistrationFixture.startBeside(fixture.ini("a", connect, 0, httpPort));
        awaitHealth(
                httpPort,
                "503 registration: the path at the end of zk.zkConnect = " + connect
                        + " does not exist in ZooKeeper; create it first");

        fixture.tree().create("/apps", "", CreateMode.PERSISTENT);
        try (Broker broker = starting.get(30, TimeUnit.SECONDS)) {
            await().atMost(SOON).untilAsserted(() -> assertThat(fixture.tree().ephemeral("/apps"))
                    .containsEntry("/apps" + MASTER, broker.url()));
        }
    }
}
