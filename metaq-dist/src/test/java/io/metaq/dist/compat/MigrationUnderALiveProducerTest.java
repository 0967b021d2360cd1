// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendResult;
import io.metaq.client.SendResult.Durability;
import io.metaq.client.ZkConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.curator.test.TestingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The broker at an address is replaced by one of the other kind while a native producer lives: a migration, and the way back.
 */
class MigrationUnderALiveProducerTest {
    private static final String TOPIC = "moving";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private TestingServer zooKeeper;
    private BrokerProcess ours;
    private BrokerProcess original;

    @BeforeEach
    void prepare() throws Exception {
        zooKeeper = new TestingServer();
        int port = BrokerProcess.freePort();
        String zk = zooKeeper.getConnectString();
        ours = new MetaqBrokerProcess(folder.resolve("ours"), port, zk, List.of(TOPIC));
        original = new OriginalBrokerProcess(folder.resolve("original"), port, zk, List.of(TOPIC));
    }

    @AfterEach
    void end() throws Exception {
        ours.close();
        original.close();
        zooKeeper.close();
    }

    @Test
    void fromOursToTheOriginalAndBack() throws Exception {
        liveThrough(List.of(ours, original, ours));
    }

    @Test
    void fromTheOriginalToOursAndBack() throws Exception {
        liveThrough(List.of(original, ours, original));
    }

    private void liveThrough(List<BrokerProcess> brokers) throws Exception {
        ProducerConfig config = ProducerConfig.builder()
                .requestTimeout(Duration.ofSeconds(5))
                .deliveryTimeout(Duration.ofSeconds(10))
                .build();
        brokers.get(0).start();
        try (MetaMessageSessionFactory sessions = connect();
                MessageProducer producer = sessions.createProducer(config)) {
            producer.publish(TOPIC);
            for (int stage = 0; stage < brokers.size(); stage++) {
                if (stage > 0) {
                    brokers.get(stage - 1).stop();
                    brokers.get(stage).start();
                }
                boolean isOurs = brokers.get(stage) == ours;
                String prefix = "stage" + stage + "-";
                // Ours says how durable a batch is; a plain put is not told.
                Awaitility.await(prefix + (isOurs ? "batches" : "plain puts"))
                        .atMost(PATIENCE)
                        .until(() -> isStoredBy(isOurs, producer, prefix));
                for (int i = 0; i < 20; i++) {
                    assertThat(isStoredBy(isOurs, producer, prefix + i)).isTrue();
                }
            }
        }
    }

    private MetaMessageSessionFactory connect() throws Exception {
        return new MetaMessageSessionFactory(MetaClientConfig.builder()
                .zkConfig(new ZkConfig("/meta", zooKeeper.getConnectString(), 10_000, 10_000, 500))
                .build());
    }

    private static boolean isStoredBy(boolean ours, MessageProducer producer, String text) {
        SendResult result = producer.send(new Message(TOPIC, text.getBytes(StandardCharsets.UTF_8)))
                .exceptionally(e -> SendResult.failed(null, e.toString()))
                .join();
        return result.isSuccess() && (result.getDurability() != Durability.UNSTATED) == ours;
    }
}
