// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import static io.metaq.server.zookeeper.RegistrationFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.metaq.server.boot.Broker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.Watcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in ZooKeeper while a broker runs, and when. */
class BrokerRegistrationTest {
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

    @Test
    void theNodesAreExactlyThoseOfMetaq14() throws Exception {
        String ini = fixture.ini("a", fixture.zookeeper().connectString());
        try (Broker broker = RegistrationFixture.start(ini)) {
            assertThat(fixture.tree().ephemeral("/meta")).isEqualTo(RegistrationFixture.nodesOf(broker, ini));
            assertThat(fixture.tree().below("/meta"))
                    .containsEntry("/meta/brokers/ids/3", "P " + broker.url())
                    .containsEntry("/meta/consumers", "P ")
                    .doesNotContainKey("/meta/brokers/metaq");
        }
    }

    @Test
    void aCleanStopTakesThemAwayTopicsFirstAndEmptiesTheAddressOfOldClients() throws Exception {
        List<String> deleted = Collections.synchronizedList(new ArrayList<>());
        try (Broker broker = fixture.start()) {
            assertThat(fixture.tree().ephemeral("/meta")).hasSize(5).containsValue(broker.url());
            fixture.tree()
                    .session()
                    .addWatch(
                            "/meta",
                            event -> {
                                if (event.getType() == Watcher.Event.EventType.NodeDeleted) {
                                    deleted.add(event.getPath());
                                }
                            },
                            AddWatchMode.PERSISTENT_RECURSIVE);
        }
        assertThat(fixture.tree().ephemeral("/meta")).isEmpty();
        assertThat(fixture.tree().below("/meta/brokers/ids")).containsEntry("/meta/brokers/ids/3", "P ");
        await().atMost(SOON).untilAsserted(() -> assertThat(deleted)
                .containsExactly(
                        "/meta/brokers/topics-sub/test/3-m",
                        "/meta/brokers/topics-pub/test/3-m",
                        "/meta/brokers/topics/test/3-m",
                        "/meta/brokers/ids/3/master_config_checksum",
                        "/meta/brokers/ids/3/master"));
    }

    @Test
    void topicsMadeAlteredAndDeletedAtRunTimeAreSeen() throws Exception {
        try (Broker broker = fixture.start()) {
            broker.topics().create("orders", Map.of("numPartitions", "3"));
            awaitNode("topics-pub/orders", "{\"numParts\":3,\"broker\":\"3-m\"}");
            awaitNode("topics-sub/orders", "{\"numParts\":3,\"broker\":\"3-m\"}");
            awaitNode("topics/orders", "3");

            broker.topics().alter("orders", Map.of("numPartitions", "5"));
            awaitNode("topics-pub/orders", "{\"numParts\":5,\"broker\":\"3-m\"}");
            awaitNode("topics-sub/orders", "{\"numParts\":5,\"broker\":\"3-m\"}");
            awaitNode("topics/orders", "5");

            broker.topics().alter("orders", Map.of("acceptPublish", "false"));
            awaitNode("topics-pub/orders", null);
            awaitNode("topics-sub/orders", "{\"numParts\":5,\"broker\":\"3-m\"}");

            broker.topics().alter("orders", Map.of("acceptPublish", "true", "acceptSubscribe", "false"));
            awaitNode("topics-sub/orders", null);
            awaitNode("topics-pub/orders", "{\"numParts\":5,\"broker\":\"3-m\"}");

            broker.topics().delete("orders");
            awaitNode("topics-pub/orders", null);
            awaitNode("topics/orders", null);
            awaitNode("topics-pub/test", "{\"numParts\":2,\"broker\":\"3-m\"}");
        }
    }

    /** @param text null: no node */
    private void awaitNode(String topic, String text) {
        await().atMost(SOON).untilAsserted(() -> assertThat(
                        fixture.tree().ephemeral("/meta").get("/meta/brokers/" + topic + "/3-m"))
                .as(topic)
                .isEqualTo(text));
    }

    @Test
    void aTopicOfWrappedBatchesIsShownToNativeClientsOnly() throws Exception {
        try (Broker broker = fixture.start()) {
            broker.topics().create("packed", Map.of("recordFormat", "2"));
            awaitNode("metaq/topics-pub/packed", "{\"numParts\":1,\"broker\":\"3-m\"}");
            awaitNode("metaq/topics-sub/packed", "{\"numParts\":1,\"broker\":\"3-m\"}");
            assertThat(fixture.tree().below("/meta/brokers"))
                    .doesNotContainKeys(
                            "/meta/brokers/topics-pub/packed",
                            "/meta/brokers/topics-sub/packed",
                            "/meta/brokers/topics/packed");
        }
    }

    @Test
    void aTopicThatDoesNotChangeKeepsItsNodes() throws Exception {
        try (Broker broker = fixture.start()) {
            String node = "/meta/brokers/topics-sub/test/3-m";
            long before = fixture.tree().session().exists(node, false).getCzxid();
            broker.topics().create("orders", Map.of());
            broker.topics().alter("orders", Map.of("numPartitions", "2"));
            broker.topics().delete("orders");
            awaitNode("topics-sub/orders", null);
            assertThat(fixture.tree().session().exists(node, false).getCzxid())
                    .as("the change that made %s", node)
                    .isEqualTo(before);
        }
    }

    @Test
    void manyChangesAtOnceEndInWhatIsThere() throws Exception {
        try (Broker broker = fixture.start()) {
            for (int i = 0; i < 40; i++) {
                broker.topics().create("t" + i, Map.of());
            }
            for (int i = 0; i < 40; i += 2) {
                broker.topics().delete("t" + i);
            }
            List<String> expected = new ArrayList<>(List.of("test"));
            for (int i = 1; i < 40; i += 2) {
                expected.add("t" + i);
            }
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(topicsShown()).containsExactlyInAnyOrderElementsOf(expected));
        }
    }

    private List<String> topicsShown() throws Exception {
        return fixture.tree().ephemeral("/meta/brokers/topics-sub").keySet().stream()
                .map(path -> path.split("/", -1)[4])
                .toList();
    }

    @Test
    void whatOtherBrokersAndSlavesOfOursHaveIsLeftAlone() throws Exception {
        Map<String, String> others = Map.of(
                "/meta/brokers/ids/3/slave1", "meta://127.0.0.1:1",
                "/meta/brokers/topics-sub/test/3-s1", "{\"numParts\":2,\"broker\":\"3-s1\"}",
                "/meta/brokers/topics-sub/test/33-m", "{\"numParts\":2,\"broker\":\"33-m\"}");
        for (Map.Entry<String, String> other : others.entrySet()) {
            fixture.tree().create(other.getKey(), other.getValue(), CreateMode.EPHEMERAL);
        }
        try (Broker broker = fixture.start()) {
            assertThat(fixture.tree().ephemeral("/meta"))
                    .hasSize(8)
                    .containsAllEntriesOf(others)
                    .containsValue(broker.url());
        }
        assertThat(fixture.tree().ephemeral("/meta")).isEqualTo(others);
    }
}
