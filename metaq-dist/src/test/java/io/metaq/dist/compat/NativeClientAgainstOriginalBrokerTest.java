// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendMessageCallback;
import io.metaq.client.SendResult;
import io.metaq.client.StatsResult;
import io.metaq.client.TopicBrowser;
import io.metaq.client.ZkConfig;
import io.metaq.record.Compression;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.curator.test.TestingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The native client works against the original broker: what it has more than 1.4 is left away without a word, and the rest
 * is as against ours.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("try") // a consumer works by being open
class NativeClientAgainstOriginalBrokerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FETCH_BYTES = 1 << 20;
    private static final List<String> TOPICS = List.of(
            "sync",
            "pipelined",
            "callback",
            "parts",
            "compressed",
            "large",
            "browsed",
            "resumed",
            "newest",
            "stats",
            "direct");

    private TestingServer zooKeeper;
    private BrokerProcess broker;
    private MetaMessageSessionFactory sessions;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        zooKeeper = new TestingServer();
        broker = new OriginalBrokerProcess(folder, BrokerProcess.freePort(), zooKeeper.getConnectString(), TOPICS);
        broker.start();
        sessions = connect(zooKeeper);
    }

    private static MetaMessageSessionFactory connect(TestingServer zooKeeper) throws Exception {
        return new MetaMessageSessionFactory(MetaClientConfig.builder()
                .zkConfig(new ZkConfig("/meta", zooKeeper.getConnectString(), 10_000, 10_000, 500))
                .build());
    }

    @AfterAll
    void stop() throws Exception {
        sessions.close();
        broker.close();
        zooKeeper.close();
    }

    private static ConsumerConfig quick(String group) {
        ConsumerConfig config = new ConsumerConfig(group);
        config.setMaxDelayFetchTimeInMills(200);
        config.setCommitOffsetPeriodInMills(200);
        return config;
    }

    private MessageProducer producer(String topic) {
        MessageProducer producer = sessions.createProducer();
        producer.publish(topic);
        return producer;
    }

    private MessageConsumer subscribe(String topic, NativeInbox inbox) throws Exception {
        MessageConsumer consumer = sessions.createConsumer(quick("native-" + topic));
        consumer.subscribe(topic, FETCH_BYTES, inbox);
        consumer.completeSubscribe();
        return consumer;
    }

    private List<Message> received(String topic, int count) throws Exception {
        NativeInbox inbox = new NativeInbox();
        try (MessageConsumer consumer = subscribe(topic, inbox)) {
            return inbox.await(count);
        }
    }

    private static Message text(String topic, String text) {
        return new Message(topic, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String place(Message message) {
        return NativeInbox.text(message) + " " + message.getPartition() + " " + message.getOffset() + " "
                + message.getId();
    }

    private static List<String> places(List<Message> messages) {
        return messages.stream()
                .map(NativeClientAgainstOriginalBrokerTest::place)
                .toList();
    }

    @Test
    void synchronousSends() throws Exception {
        List<Message> sent = new ArrayList<>();
        try (MessageProducer producer = producer("sync")) {
            for (int i = 0; i < 40; i++) {
                Message message = text("sync", "m" + i);
                SendResult result = producer.sendMessage(message);
                assertThat(result.isSuccess()).as(result.toString()).isTrue();
                assertThat(result.getDurability()).isEqualTo(SendResult.Durability.UNSTATED);
                assertThat(result.getMessageId()).isNotEqualTo(Message.NONE);
                sent.add(message);
            }
        }
        assertThat(places(received("sync", 40))).containsExactlyInAnyOrderElementsOf(places(sent));
    }

    @Test
    void pipelinedSendsKeepTheirOrder() throws Exception {
        List<String> sent = new ArrayList<>();
        try (MessageProducer producer = producer("pipelined")) {
            List<CompletableFuture<SendResult>> futures = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                sent.add("m" + i);
                futures.add(producer.send(Message.builder("pipelined")
                        .data(("m" + i).getBytes(StandardCharsets.UTF_8))
                        .partition(new Partition(0, 0))
                        .build()));
            }
            producer.flush();
            assertThat(futures)
                    .allSatisfy(each -> assertThat(each).isCompletedWithValueMatching(SendResult::isSuccess));
        }
        assertThat(received("pipelined", 500).stream().map(NativeInbox::text)).containsExactlyElementsOf(sent);
    }

    @Test
    void callBacks() throws Exception {
        List<SendResult> results = new CopyOnWriteArrayList<>();
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        try (MessageProducer producer = producer("callback")) {
            for (int i = 0; i < 50; i++) {
                producer.sendMessage(text("callback", "m" + i), new SendMessageCallback() {
                    @Override
                    public void onMessageSent(SendResult result) {
                        results.add(result);
                    }

                    @Override
                    public void onException(Throwable e) {
                        failures.add(e);
                    }
                });
            }
            producer.flush();
        }
        assertThat(failures).isEmpty();
        assertThat(results).hasSize(50).allMatch(SendResult::isSuccess);
        assertThat(received("callback", 50)).hasSize(50);
    }

    @Test
    void attributesKeysAndHeaders() throws Exception {
        List<Message> sent = List.of(
                new Message("parts", new byte[] {1}),
                new Message("parts", new byte[] {2}, "attribute"),
                new Message("parts", new byte[] {3}, ""),
                new Message("parts", new byte[] {4}, "\u00e4\u20ac\ud83d\ude00\r\n 0 200"),
                Message.builder("parts")
                        .data(new byte[] {5})
                        .attribute("a")
                        .key("k")
                        .header("h", "v")
                        .build(),
                Message.builder("parts").data(new byte[] {6}).header("h", "").build());
        try (MessageProducer producer = producer("parts")) {
            for (Message each : sent) {
                assertThat(producer.sendMessage(each).isSuccess()).isTrue();
            }
        }
        assertThat(received("parts", sent.size()).stream().map(NativeClientAgainstOriginalBrokerTest::parts))
                .containsExactlyInAnyOrderElementsOf(sent.stream()
                        .map(NativeClientAgainstOriginalBrokerTest::parts)
                        .toList());
    }

    private static String parts(Message message) {
        return message.getData()[0] + " " + message.getAttribute() + " " + message.getKey() + " "
                + message.getHeaders();
    }

    @Test
    void whoWantsCompressionSendsPlainMessages() throws Exception {
        ProducerConfig config =
                ProducerConfig.builder().compression(Compression.LZ4).build();
        try (MessageProducer producer = sessions.createProducer(config)) {
            producer.publish("compressed");
            for (int i = 0; i < 20; i++) {
                assertThat(producer.sendMessage(text("compressed", "again and ".repeat(20) + i))
                                .isSuccess())
                        .isTrue();
            }
        }
        assertThat(received("compressed", 20))
                .allMatch(message -> NativeInbox.text(message).startsWith("again and again"));
    }

    /** The original hands out no more than a transfer; a consumer that asks for less still gets the whole message. */
    @Test
    void messagesUpToTheTransferLimitAlsoForASmallConsumer() throws Exception {
        byte[] large = new byte[(1 << 20) - 20];
        new Random(1).nextBytes(large);
        try (MessageProducer producer = producer("large")) {
            for (int partition = 0; partition < 2; partition++) {
                Message message = Message.builder("large")
                        .data(large)
                        .partition(new Partition(0, partition))
                        .build();
                assertThat(producer.sendMessage(message).isSuccess()).isTrue();
                // It does not show a record of this size before the next one is flushed.
                producer.sendMessage(Message.builder("large")
                        .partition(new Partition(0, partition))
                        .build());
            }
        }
        NativeInbox inbox = new NativeInbox();
        try (MessageConsumer consumer = sessions.createConsumer(quick("native-large"))) {
            consumer.subscribe("large", 64, inbox);
            consumer.completeSubscribe();
            inbox.await(4);
        }
        assertThat(inbox.messages())
                .filteredOn(message -> message.getData().length > 0)
                .hasSize(2)
                .allSatisfy(message -> assertThat(message.getData()).isEqualTo(large));
    }

    @Test
    void theTopicBrowser() throws Exception {
        List<Message> sent = new ArrayList<>();
        try (MessageProducer producer = producer("browsed")) {
            for (int i = 0; i < 30; i++) {
                Message message = text("browsed", "m" + i);
                producer.sendMessage(message);
                sent.add(message);
            }
        }
        try (TopicBrowser browser = sessions.createTopicBrowser("browsed", 100, 5, TimeUnit.SECONDS)) {
            assertThat(browser.getPartitions()).containsExactly(new Partition(0, 0), new Partition(0, 1));
            List<Message> browsed = new ArrayList<>();
            browser.iterator().forEachRemaining(browsed::add);
            assertThat(places(browsed)).containsExactlyInAnyOrderElementsOf(places(sent));
        }
    }

    @Test
    void aGroupGoesOnWhereItStopped() throws Exception {
        try (MessageProducer producer = producer("resumed")) {
            for (int i = 0; i < 10; i++) {
                producer.sendMessage(text("resumed", "first" + i));
            }
            assertThat(received("resumed", 10)).hasSize(10);
            for (int i = 0; i < 10; i++) {
                producer.sendMessage(text("resumed", "second" + i));
            }
        }
        assertThat(received("resumed", 10).stream().map(NativeInbox::text))
                .hasSize(10)
                .allMatch(text -> text.startsWith("second"));
    }

    @Test
    void aGroupThatBeginsAtTheEnd() throws Exception {
        NativeInbox inbox = new NativeInbox();
        ConsumerConfig config = quick("native-newest");
        config.setConsumeFromMaxOffset();
        try (MessageProducer producer = producer("newest");
                MessageConsumer consumer = sessions.createConsumer(config)) {
            for (int i = 0; i < 10; i++) {
                producer.sendMessage(text("newest", "old" + i));
            }
            consumer.subscribe("newest", FETCH_BYTES, inbox);
            consumer.completeSubscribe();
            Awaitility.await("new messages of both partitions").atMost(PATIENCE).until(() -> {
                producer.sendMessage(text("newest", "new"));
                return inbox.messages().stream()
                                .map(Message::getPartition)
                                .distinct()
                                .count()
                        == 2;
            });
        }
        assertThat(inbox.texts()).containsOnly("new");
    }

    @Test
    void statistics() throws Exception {
        try (MessageProducer producer = producer("stats")) {
            // The original counts the partitions that hold something, so both get a message.
            producer.sendMessage(text("stats", "m"));
            producer.sendMessage(text("stats", "m"));
        }
        Map<InetSocketAddress, StatsResult> all = sessions.getStats();
        assertThat(all).hasSize(1);
        StatsResult general = all.values().iterator().next();
        assertThat(general.getValue("broker_id")).isEqualTo("0");
        InetSocketAddress address = all.keySet().iterator().next();
        assertThat(sessions.getStats(address, "stats").getValue("partitions")).isEqualTo("2");
        assertThat(sessions.getStats(address, "topics").getValue("stats")).startsWith("partitions 2 message_count");
    }

    @Test
    void directMode() throws Exception {
        try (MetaMessageSessionFactory direct = new MetaMessageSessionFactory(
                        MetaClientConfig.builder().serverUrl(broker.serverUrl()).build());
                MessageProducer producer = direct.createProducer();
                MessageConsumer consumer = direct.createConsumer(new ConsumerConfig("native-direct"))) {
            producer.publish("direct");
            List<String> sent = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                SendResult result = producer.sendMessage(text("direct", "m" + i));
                assertThat(result.isSuccess()).as(result.toString()).isTrue();
                assertThat(result.getPartition().getBrokerId()).isZero();
                sent.add("m" + i);
            }
            List<String> received = new ArrayList<>();
            for (int partition = 0; partition < 2; partition++) {
                long offset = 0;
                for (MessageIterator read = consumer.get("direct", new Partition(0, partition), offset, 100);
                        read != null;
                        read = consumer.get("direct", new Partition(0, partition), offset, 100)) {
                    read.forEachRemaining(message -> received.add(NativeInbox.text(message)));
                    offset = read.getNextOffset();
                }
            }
            assertThat(received).containsExactlyInAnyOrderElementsOf(sent);

            NativeInbox inbox = new NativeInbox();
            try (MessageConsumer both = direct.createConsumer(quick("native-direct-both"))) {
                both.subscribe("direct", FETCH_BYTES, inbox);
                both.completeSubscribe();
                inbox.await(20);
            }
            assertThat(inbox.texts()).containsExactlyInAnyOrderElementsOf(sent);
            List<Message> browsed = new ArrayList<>();
            direct.createTopicBrowser("direct").iterator().forEachRemaining(browsed::add);
            assertThat(browsed.stream().map(NativeInbox::text)).containsExactlyInAnyOrderElementsOf(sent);
        }
    }

    /** A broker of its own: for a while after a restart the original refuses the first message of a topic. */
    @ParameterizedTest
    @ValueSource(strings = {"stopped", "killed"})
    void aProducerAndAConsumerGoOnWhenTheBrokerIsBack(String how, @TempDir Path folder) throws Exception {
        NativeInbox inbox = new NativeInbox();
        ProducerConfig config = ProducerConfig.builder()
                .requestTimeout(Duration.ofSeconds(2))
                .deliveryTimeout(Duration.ofSeconds(5))
                .maxBlock(Duration.ofSeconds(5))
                .build();
        List<String> acknowledged = new ArrayList<>();
        try (TestingServer ownZooKeeper = new TestingServer();
                BrokerProcess restarting = new OriginalBrokerProcess(
                        folder, BrokerProcess.freePort(), ownZooKeeper.getConnectString(), List.of("living"))) {
            restarting.start();
            try (MetaMessageSessionFactory living = connect(ownZooKeeper);
                    MessageProducer producer = living.createProducer(config);
                    MessageConsumer consumer = living.createConsumer(quick("native-living"))) {
                consumer.subscribe("living", FETCH_BYTES, inbox);
                consumer.completeSubscribe();
                producer.publish("living");
                CompletableFuture<SendResult> cut = sendUntil(producer, "living", 100, acknowledged);
                if (how.equals("killed")) {
                    restarting.kill();
                } else {
                    restarting.stop();
                }
                restarting.start();
                assertThat(cut.handle((result, failure) -> true)).succeedsWithin(PATIENCE);
                sendUntil(producer, "living", 200, acknowledged);
                producer.flush();
                inbox.awaitAll(acknowledged);
            }
        }
        assertThat(inbox.texts()).doesNotHaveDuplicates();
    }

    /** Sends one by one until so many are acknowledged, and then one more, which is not waited for. */
    private static CompletableFuture<SendResult> sendUntil(
            MessageProducer producer, String topic, int count, List<String> acknowledged) {
        for (int i = 0; acknowledged.size() < count; i++) {
            String text = "m" + count + "-" + i;
            SendResult result = producer.send(text(topic, text))
                    .exceptionally(e -> SendResult.failed(null, e.toString()))
                    .join();
            if (result.isSuccess()) {
                acknowledged.add(text);
            }
        }
        return producer.send(text(topic, "unawaited-" + count));
    }
}
