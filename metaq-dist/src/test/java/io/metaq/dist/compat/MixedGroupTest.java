// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ZkConfig;
import io.metaq.dist.testkit.JavaProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.curator.test.TestingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A native client and an original one are members of one group: they share its partitions and hand them over. */
class MixedGroupTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String TOPIC = "mixed";
    /** The group of the scenario {@code living-consumer}. */
    private static final String GROUP = "living-" + TOPIC;

    private final List<String> sent = new ArrayList<>();

    @ParameterizedTest(name = "broker: {0}")
    @ValueSource(strings = {"original", "ours"})
    void theySharePartitionsAndHandThemOver(String kind, @TempDir Path folder) throws Exception {
        int port = BrokerProcess.freePort();
        try (TestingServer zooKeeper = new TestingServer();
                BrokerProcess broker = kind.equals("original")
                        ? new OriginalBrokerProcess(
                                folder.resolve("broker"), port, zooKeeper.getConnectString(), List.of(TOPIC))
                        : new MetaqBrokerProcess(
                                folder.resolve("broker"), port, zooKeeper.getConnectString(), List.of(TOPIC))) {
            broker.start();
            try (MetaMessageSessionFactory sessions = connect(zooKeeper.getConnectString());
                    MessageProducer producer = sessions.createProducer();
                    JavaProcess original =
                            OriginalPrograms.client(folder.resolve("original"), "living-consumer", broker, TOPIC)) {
                producer.publish(TOPIC);
                original.awaitLines("ready", PATIENCE, lines -> lines.contains("ready"));
                NativeInbox first = new NativeInbox();
                MessageConsumer member = join(sessions, first);
                awaitRound("one partition each", producer, first, original, round -> received(first, round) == 1);

                member.close();
                awaitRound("all with the original", producer, first, original, round -> received(first, round) == 0);

                NativeInbox second = new NativeInbox();
                MessageConsumer again = join(sessions, second);
                NativeInbox both = second;
                awaitRound("one partition each", producer, both, original, round -> received(both, round) == 1);

                original.endInput();
                assertThat(original.awaitExit(PATIENCE)).as(original::story).isZero();
                awaitRound("all with the native client", producer, both, original, round -> received(both, round) == 2);
                again.close();

                List<String> received = new ArrayList<>(first.texts());
                received.addAll(second.texts());
                received.addAll(texts(original));
                assertThat(received)
                        .as("orderly hand-overs lose and repeat nothing")
                        .containsExactlyInAnyOrderElementsOf(sent);
            }
        }
    }

    private interface Shares {
        boolean areRight(Set<String> round);
    }

    /** Sends one message to each partition, again and again, until the members shared a round as expected. */
    private void awaitRound(
            String expected, MessageProducer producer, NativeInbox inbox, JavaProcess original, Shares shares) {
        Awaitility.await(expected)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    Set<String> round = sendRound(producer);
                    Awaitility.await("one round").atMost(PATIENCE).until(() -> {
                        Set<String> all = new TreeSet<>(inbox.texts());
                        all.addAll(texts(original));
                        return all.containsAll(round);
                    });
                    return shares.areRight(round);
                });
    }

    private Set<String> sendRound(MessageProducer producer) throws Exception {
        Set<String> round = new TreeSet<>();
        for (int partition = 0; partition < 2; partition++) {
            String text = "m" + sent.size();
            Message message = Message.builder(TOPIC)
                    .data(text.getBytes(StandardCharsets.UTF_8))
                    .partition(new Partition(0, partition))
                    .build();
            assertThat(producer.sendMessage(message).isSuccess()).isTrue();
            sent.add(text);
            round.add(text);
        }
        return round;
    }

    private static long received(NativeInbox inbox, Set<String> round) {
        return inbox.texts().stream().filter(round::contains).count();
    }

    private static List<String> texts(JavaProcess original) {
        return original.linesAfter("received").stream()
                .map(line -> line.substring(0, line.indexOf(' ')))
                .toList();
    }

    private static MessageConsumer join(MetaMessageSessionFactory sessions, NativeInbox inbox) throws Exception {
        ConsumerConfig config = new ConsumerConfig(GROUP);
        config.setMaxDelayFetchTimeInMills(200);
        MessageConsumer consumer = sessions.createConsumer(config);
        consumer.subscribe(TOPIC, 1 << 20, inbox);
        consumer.completeSubscribe();
        return consumer;
    }

    private static MetaMessageSessionFactory connect(String zkConnect) throws Exception {
        return new MetaMessageSessionFactory(MetaClientConfig.builder()
                .zkConfig(new ZkConfig("/meta", zkConnect, 10_000, 10_000, 500))
                .build());
    }
}
