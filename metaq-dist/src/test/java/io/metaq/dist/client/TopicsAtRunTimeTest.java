// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.RoundRobinPartitionSelector;
import io.metaq.client.SendResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Topics that come, grow, close and go are seen by clients that are connected already, with ZooKeeper and without. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("try") // a consumer works by being open
class TopicsAtRunTimeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int FETCH_BYTES = 64 << 10;

    private LiveBroker broker;
    private MetaMessageSessionFactory sessions;
    private MetaMessageSessionFactory direct;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        broker = LiveBroker.start(directory);
        sessions = broker.connect();
        direct = broker.connectDirectly();
    }

    @AfterAll
    void stop() throws Exception {
        direct.close();
        sessions.close();
        broker.close();
    }

    private MetaMessageSessionFactory factory(boolean directly) {
        return directly ? direct : sessions;
    }

    @Test
    void aTopicThatIsMadeLaterIsSentToAndReadByThoseWhoWait() throws Exception {
        String topic = "late";
        Inbox inbox = new Inbox();
        try (MessageProducer producer = sessions.createProducer();
                MessageConsumer consumer = sessions.createConsumer(LiveBroker.consumer("late-group"))) {
            producer.publish(topic);
            consumer.subscribe(topic, 64 << 10, inbox);
            consumer.completeSubscribe();
            CompletableFuture<SendResult> waiting =
                    CompletableFuture.supplyAsync(() -> sendOrFail(producer, Inbox.message(topic, "early")));
            assertThat(waiting).isNotDone();
            broker.createTopic(topic, 2);
            assertThat(waiting.get(20, TimeUnit.SECONDS).isSuccess()).isTrue();
            assertThat(producer.sendMessage(Inbox.message(topic, "next")).isSuccess())
                    .isTrue();
            assertThat(inbox.awaitTexts(2)).containsExactlyInAnyOrder("early", "next");
        }
    }

    /** Without ZooKeeper the broker is there to say at once that it has no such topic. */
    @Test
    void aTopicThatIsMadeLaterIsTakenUpByDirectClientsToo() throws Exception {
        String topic = "late-direct";
        Inbox inbox = new Inbox();
        try (MessageProducer producer = direct.createProducer();
                MessageConsumer consumer = direct.createConsumer(LiveBroker.consumer("late-direct-group"))) {
            producer.publish(topic);
            consumer.subscribe(topic, 64 << 10, inbox);
            consumer.completeSubscribe();
            assertThat(isRefused(producer, topic)).isTrue();
            broker.createTopic(topic, 2);
            Awaitility.await("the topic").atMost(PATIENCE).until(() -> !isRefused(producer, topic));
            assertThat(inbox.awaitTexts(1)).containsOnly("new");
        }
    }

    private static SendResult sendOrFail(MessageProducer producer, Message message) {
        try {
            return producer.sendMessage(message);
        } catch (MetaClientException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest(name = "directly: {0}")
    @ValueSource(booleans = {false, true})
    void addedPartitionsAreSentToAndReadFrom(boolean directly) throws Exception {
        String topic = "growing-" + directly;
        broker.createTopic(topic, 1);
        Inbox inbox = new Inbox();
        try (MessageProducer producer = factory(directly).createProducer(new RoundRobinPartitionSelector());
                MessageConsumer consumer = sessions.createConsumer(LiveBroker.consumer("growing-group-" + directly))) {
            producer.publish(topic);
            consumer.subscribe(topic, 64 << 10, inbox);
            consumer.completeSubscribe();
            producer.sendMessage(Inbox.message(topic, "0"));

            broker.alterTopic(topic, Map.of("numPartitions", "3"));
            Set<Partition> reached = new HashSet<>();
            Awaitility.await("the new partitions").atMost(PATIENCE).until(() -> {
                reached.add(producer.sendMessage(Inbox.message(topic, "more")).getPartition());
                return reached.size() == 3;
            });
            Awaitility.await("messages of each partition")
                    .atMost(PATIENCE)
                    .until(() -> inbox.messages().stream()
                                    .map(Message::getPartition)
                                    .distinct()
                                    .count()
                            == 3);
            assertThat(factory(directly).getPartitionsForTopic(topic))
                    .containsExactly(new Partition(0, 0), new Partition(0, 1), new Partition(0, 2));
        }
    }

    @ParameterizedTest(name = "directly: {0}")
    @ValueSource(booleans = {false, true})
    void aDeletedTopicIsRefusedAndOneMadeAgainBeginsEmpty(boolean directly) throws Exception {
        String topic = "gone-" + directly;
        broker.createTopic(topic, 2);
        ProducerConfig config =
                ProducerConfig.builder().maxBlock(Duration.ofMillis(200)).build();
        Inbox inbox = new Inbox();
        try (MessageProducer producer = factory(directly).createProducer(config);
                MessageConsumer consumer = sessions.createConsumer(LiveBroker.consumer("gone-group-" + directly))) {
            producer.publish(topic);
            consumer.subscribe(topic, 64 << 10, inbox);
            consumer.completeSubscribe();
            producer.sendMessage(Inbox.message(topic, "old"));
            inbox.await(1);

            broker.deleteTopic(topic);
            Awaitility.await("a refusal").atMost(PATIENCE).until(() -> isRefused(producer, topic));
            broker.createTopic(topic, 1);
            Awaitility.await("the topic again").atMost(PATIENCE).until(() -> !isRefused(producer, topic));
            assertThat(Inbox.texts(broker.browse(topic))).containsOnly("new");
            Awaitility.await("reading again").atMost(PATIENCE).until(() -> inbox.texts()
                    .contains("new"));
        }
    }

    /** Messages of 30 bytes were read; those of the topic made again have 27, so that the group's offset is inside one, or beyond. */
    @ParameterizedTest(name = "{0} messages in the new topic")
    @ValueSource(ints = {20, 5})
    void aGroupThatReadADeletedTopicGoesOnAtAMessageOfTheNewOne(int count) throws Exception {
        String topic = "again-" + count;
        broker.createTopic(topic, 1);
        Inbox before = new Inbox();
        try (MessageProducer producer = sessions.createProducer()) {
            producer.publish(topic);
            for (int i = 0; i < 10; i++) {
                producer.sendMessage(Inbox.message(topic, "0123456789"));
            }
            try (MessageConsumer consumer = subscribe(topic, before)) {
                before.await(10);
            }
        }
        broker.deleteTopic(topic);
        broker.createTopic(topic, 1);
        List<String> sent = new ArrayList<>();
        Inbox after = new Inbox();
        try (MetaMessageSessionFactory fresh = broker.connect();
                MessageProducer producer = fresh.createProducer()) {
            producer.publish(topic);
            for (int i = 0; i < count; i++) {
                sent.add("new%04d".formatted(i));
                producer.sendMessage(Inbox.message(topic, sent.get(i)));
            }
            try (MessageConsumer consumer = subscribe(topic, after)) {
                // 300 is inside the message at 297; what is beyond the end goes on with what comes.
                int skipped = Math.min(12, count);
                Awaitility.await("a message behind the old offset")
                        .atMost(PATIENCE)
                        .until(() -> {
                            sent.add("new%04d".formatted(sent.size()));
                            producer.sendMessage(Inbox.message(topic, sent.get(sent.size() - 1)));
                            return !after.texts().isEmpty();
                        });
                after.await(1);
                assertThat(sent.subList(skipped, sent.size())).containsAll(after.texts());
                assertThat(after.texts()).isSorted().doesNotHaveDuplicates();
                if (count > skipped) {
                    assertThat(after.texts().get(0)).isEqualTo(sent.get(skipped));
                }
            }
        }
    }

    private MessageConsumer subscribe(String topic, Inbox inbox) throws MetaClientException {
        MessageConsumer consumer = sessions.createConsumer(LiveBroker.consumer("again-group"));
        consumer.subscribe(topic, FETCH_BYTES, inbox);
        consumer.completeSubscribe();
        return consumer;
    }

    private static boolean isRefused(MessageProducer producer, String topic) throws InterruptedException {
        try {
            return !producer.sendMessage(Inbox.message(topic, "new")).isSuccess();
        } catch (MetaClientException e) {
            assertThat(e).hasMessageContaining(topic);
            return true;
        }
    }

    @ParameterizedTest(name = "directly: {0}")
    @ValueSource(booleans = {false, true})
    void aTopicThatStopsAcceptingIsNeitherSentToNorFound(boolean directly) throws Exception {
        String topic = "closing-" + directly;
        broker.createTopic(topic, 1);
        ProducerConfig config =
                ProducerConfig.builder().maxBlock(Duration.ofMillis(200)).build();
        try (MessageProducer producer = factory(directly).createProducer(config)) {
            producer.publish(topic);
            assertThat(isRefused(producer, topic)).isFalse();

            broker.alterTopic(topic, Map.of("acceptPublish", "false"));
            Awaitility.await("a refusal").atMost(PATIENCE).until(() -> isRefused(producer, topic));
            assertThat(Inbox.texts(broker.browse(topic))).isNotEmpty();
            broker.alterTopic(topic, Map.of("acceptPublish", "true", "acceptSubscribe", "false"));
            Awaitility.await("accepted again").atMost(PATIENCE).until(() -> !isRefused(producer, topic));
            Awaitility.await("no longer announced").atMost(PATIENCE).until(() -> sessions.getPartitionsForTopic(topic)
                    .isEmpty());
        }
    }
}
