// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import static io.metaq.server.zookeeper.RegistrationFixture.MASTER;
import static io.metaq.server.zookeeper.RegistrationFixture.SOON;
import static io.metaq.server.zookeeper.RegistrationFixture.freePort;
import static io.metaq.server.zookeeper.RegistrationFixture.health;
import static io.metaq.server.zookeeper.RegistrationFixture.nodesOf;
import static org.apache.zookeeper.Watcher.Event.EventType.NodeCreated;
import static org.apache.zookeeper.Watcher.Event.EventType.NodeDeleted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.metaq.server.boot.Broker;
import io.metaq.server.testkit.FrozenRelay;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose broker id it is: our predecessor's, ours, or that of another broker that lives. */
class BrokerIdTest {
    private static final String JSON = "{\"numParts\":2,\"broker\":\"3-m\"}";

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

    /** What a broker at this address left when it was killed; it had a topic more than its successor. */
    private ZooKeeperTree killed(String url) throws Exception {
        ZooKeeperTree predecessor = new ZooKeeperTree(fixture.zookeeper().port());
        predecessor.create(MASTER, url, CreateMode.EPHEMERAL);
        predecessor.create(MASTER + "_config_checksum", "1", CreateMode.EPHEMERAL);
        for (String topic : List.of("test", "gone")) {
            predecessor.create("/meta/brokers/topics/" + topic + "/3-m", "2", CreateMode.EPHEMERAL);
            predecessor.create("/meta/brokers/topics-pub/" + topic + "/3-m", JSON, CreateMode.EPHEMERAL);
            predecessor.create("/meta/brokers/topics-sub/" + topic + "/3-m", JSON, CreateMode.EPHEMERAL);
        }
        return predecessor;
    }

    @Test
    void whatAKilledPredecessorLeftIsReplacedAtOnceAndStaysWhenItsSessionEnds() throws Exception {
        int port = freePort();
        String url = "meta://127.0.0.1:" + port;
        String ini = fixture.ini("a", fixture.zookeeper().connectString(), port, 0);
        ZooKeeperTree predecessor = killed(url);
        try (Broker broker = RegistrationFixture.start(ini)) {
            assertThat(broker.url()).isEqualTo(url);
            assertThat(fixture.tree().ephemeral("/meta")).isEqualTo(nodesOf(broker, ini));
            predecessor.close();
            assertThat(fixture.tree().ephemeral("/meta")).isEqualTo(nodesOf(broker, ini));
        }
    }

    @Test
    void whatAPredecessorLeftIsNeverMissingWhileItIsReplaced() throws Exception {
        int port = freePort();
        ZooKeeperTree predecessor = killed("meta://127.0.0.1:" + port);
        List<WatchedEvent> events = Collections.synchronizedList(new ArrayList<>());
        fixture.tree().session().addWatch("/meta/brokers", events::add, AddWatchMode.PERSISTENT_RECURSIVE);
        String last = "/meta/brokers/topics/gone/3-m";
        try (Broker broker =
                RegistrationFixture.start(fixture.ini("a", fixture.zookeeper().connectString(), port, 0))) {
            await().atMost(SOON).untilAsserted(() -> assertThat(changes(events, NodeDeleted))
                    .containsKey(last));
            Map<String, Long> deleted = changes(events, NodeDeleted);
            deleted.keySet().removeIf(path -> path.contains("/gone/"));
            assertThat(deleted)
                    .as("the change that took a node away, by path; it is the one that made it anew")
                    .hasSize(5)
                    .isEqualTo(changes(events, NodeCreated));
            assertThat(broker.port()).isEqualTo(port);
        } finally {
            predecessor.close();
        }
    }

    private static Map<String, Long> changes(List<WatchedEvent> events, Watcher.Event.EventType type) {
        Map<String, Long> changes = new TreeMap<>();
        for (WatchedEvent event : List.copyOf(events)) {
            if (event.getType() == type) {
                changes.put(event.getPath(), event.getZxid());
            }
        }
        return changes;
    }

    @Test
    void aPredecessorAtAnotherAddressIsWaitedFor() throws Exception {
        int httpPort = freePort();
        String ini = fixture.ini("a", fixture.zookeeper().connectString(), 0, httpPort);
        String deadUrl = "meta://127.0.0.1:" + freePort();
        ZooKeeperTree predecessor = killed(deadUrl);
        CompletableFuture<Broker> starting = RegistrationFixture.startBeside(ini);
        await().atMost(SOON).untilAsserted(() -> assertThat(health(httpPort))
                .isEqualTo("503 registration: broker id 3 is still registered for " + deadUrl
                        + ", which does not answer; it is ours when that session has ended"));
        assertThat(fixture.tree().ephemeral("/meta")).hasSize(8).containsEntry(MASTER, deadUrl);

        predecessor.close();
        try (Broker broker = starting.get(30, TimeUnit.SECONDS)) {
            await().atMost(SOON).untilAsserted(() -> assertThat(fixture.tree().ephemeral("/meta"))
                    .isEqualTo(nodesOf(broker, ini)));
        }
    }

    @Test
    void anIdThatALiveBrokerHasIsAClearErrorAndChangesNothing() throws Exception {
        String ini = fixture.ini("a", fixture.zookeeper().connectString());
        try (Broker live = RegistrationFixture.start(ini)) {
            Map<String, String> before = fixture.tree().below("/meta");
            assertThatThrownBy(() -> RegistrationFixture.start(
                            fixture.ini("b", fixture.zookeeper().connectString())))
                    .isInstanceOf(IOException.class)
                    .hasMessage("broker id 3 is taken by " + live.url()
                            + ", which answers; stop that broker, or set another brokerId here");
            assertThat(fixture.tree().below("/meta")).isEqualTo(before);
            assertThat(health(live.httpPort())).isEqualTo("200 ok");
        }
    }

    @Test
    void aBrokerWhoseIdWasTakenWhileItWasCutOffDoesNotTakeItBackUntilItIsFree() throws Exception {
        try (FrozenRelay way = new FrozenRelay(fixture.zookeeper().port())) {
            String iniOfFirst = fixture.ini("a", "127.0.0.1:" + way.port());
            String iniOfSecond = fixture.ini("b", fixture.zookeeper().connectString());
            try (Broker first = RegistrationFixture.start(iniOfFirst)) {
                way.freeze();
                await().atMost(SOON)
                        .untilAsserted(
                                () -> assertThat(fixture.tree().owner(MASTER)).isZero());
                try (Broker second = RegistrationFixture.start(iniOfSecond)) {
                    way.thaw();
                    String taken = "503 registration: broker id 3 is taken by " + second.url();
                    await().atMost(SOON).untilAsserted(() -> assertThat(health(first.httpPort()))
                            .startsWith(taken));
                    first.topics().create("mine", Map.of());
                    await().during(Duration.ofMillis(1500)).atMost(SOON).untilAsserted(() -> assertThat(
                                    fixture.tree().ephemeral("/meta"))
                            .isEqualTo(nodesOf(second, iniOfSecond)));
                }
                await().atMost(SOON)
                        .untilAsserted(() -> assertThat(fixture.tree().ephemeral("/meta"))
                                .hasSize(8)
                                .containsEntry(MASTER, first.url())
                                .containsKey("/meta/brokers/topics-sub/mine/3-m"));
            }
        }
    }

    @Test
    void aBrokerThatLostItsIdStopsWithoutTakingTheOthersNodesAway() throws Exception {
        try (FrozenRelay way = new FrozenRelay(fixture.zookeeper().port())) {
            Broker first = RegistrationFixture.start(fixture.ini("a", "127.0.0.1:" + way.port()));
            way.freeze();
            await().atMost(SOON).untilAsserted(() -> assertThat(fixture.tree().owner(MASTER))
                    .isZero());
            String ini = fixture.ini("b", fixture.zookeeper().connectString());
            try (Broker second = RegistrationFixture.start(ini)) {
                way.thaw();
                await().atMost(SOON).untilAsserted(() -> assertThat(health(first.httpPort()))
                        .startsWith("503 registration: broker id 3 is taken by " + second.url()));
                first.close();
                assertThat(fixture.tree().ephemeral("/meta")).isEqualTo(nodesOf(second, ini));
                assertThat(fixture.tree().below("/meta/brokers/ids"))
                        .containsEntry("/meta/brokers/ids/3", "P " + second.url());
            } finally {
                first.close();
            }
        }
    }
}
