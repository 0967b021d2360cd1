// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MessageListener;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.RejectConsumptionHandler.Decision;
import io.metaq.client.TopicBrowser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Receiving: what a listener can say about its messages, where reading begins, and what is remembered of it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("try") // a consumer works by being open
class ConsumingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int FETCH_BYTES = 64 << 10;

    private LiveBroker broker;
    private MetaMessageSessionFactory sessions;
    private CuratorFramework zookeeper;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        broker = LiveBroker.start(directory, "maxTransferSize=4096");
        sessions = broker.connect();
        zookeeper = CuratorFrameworkFactory.newClient(broker.zkConnect(), new RetryOneTime(100));
        zookeeper.start();
    }

    @AfterAll
    void stop() throws Exception {
        zookeeper.close();
        sessions.close();
        broker.close();
    }

    private void send(String topic, int from, int to) throws Exception {
        try (MessageProducer producer = sessions.createProducer()) {
            producer.publish(topic);
            for (int i = from; i < to; i++) {
                assertThat(producer.sendMessage(Inbox.message(topic, "m" + i)).isSuccess())
                        .isTrue();
            }
        }
    }

    private MessageConsumer subscribe(ConsumerConfig config, String topic, MessageListener listener) throws Exception {
        MessageConsumer consumer = sessions.createConsumer(config);
        consumer.subscribe(topic, FETCH_BYTES, listener);
        consumer.completeSubscribe();
        return consumer;
    }

    private static List<String> texts(int from, int to) {
        List<String> texts = new ArrayList<>();
        for (int i = from; i < to; i++) {
            texts.add("m" + i);
        }
        return texts;
    }

    private String offsetNode(String group, String topic, int partition) throws Exception {
        String path = "/meta/consumers/" + group + "/offsets/" + topic + "/0-" + partition;
        return zookeeper.checkExists().forPath(path) == null
                ? ""
                : new String(zookeeper.getData().forPath(path), StandardCharsets.UTF_8);
    }

    @Test
    void aNextMemberOfTheGroupGoesOnWhereTheLastOneStopped() throws Exception {
        broker.createTopic("resumed", 2);
        send("resumed", 0, 20);
        Inbox first = new Inbox();
        try (MessageConsumer consumer = subscribe(LiveBroker.consumer("resuming"), "resumed", first)) {
            first.await(20);
        }
        send("resumed", 20, 30);
        Inbox second = new Inbox();
        try (MessageConsumer consumer = subscribe(LiveBroker.consumer("resuming"), "resumed", second)) {
            assertThat(second.awaitTexts(10)).containsExactlyInAnyOrderElementsOf(texts(20, 30));
        }
        assertThat(first.texts()).containsExactlyInAnyOrderElementsOf(texts(0, 20));
    }

    @Test
    void offsetsAreInZooKeeperAsAn14ClientWritesThem() throws Exception {
        broker.createTopic("noted", 1);
        send("noted", 0, 3);
        Inbox inbox = new Inbox();
        try (MessageConsumer consumer = subscribe(LiveBroker.consumer("noting"), "noted", inbox)) {
            inbox.await(3);
            Message last = inbox.messages().get(2);
            long behind = last.getOffset() + 20 + last.getData().length;
            Awaitility.await("the periodic commit").atMost(PATIENCE).until(() -> offsetNode("noting", "noted", 0)
                    .equals(last.getId() + "-" + behind));
            String owner = new String(
                    zookeeper.getData().forPath("/meta/consumers/noting/owners/noted/0-0"), StandardCharsets.UTF_8);
            assertThat(owner).startsWith("noting_");
            assertThat(zookeeper.getData().forPath("/meta/consumers/noting/ids/" + owner))
                    .isEqualTo("noted".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(zookeeper.checkExists().forPath("/meta/consumers/noting/owners/noted/0-0"))
                .isNull();
        assertThat(zookeeper.getChildren().forPath("/meta/consumers/noting/ids"))
                .isEmpty();
    }

    @Test
    void offsetsThatA14ClientWroteAreTakenUp() throws Exception {
        broker.createTopic("taken", 3);
        try (MessageProducer producer = sessions.createProducer()) {
            producer.publish("taken");
            for (int partition = 0; partition < 3; partition++) {
                for (int i = 0; i < 3; i++) {
                    producer.sendMessage(Message.builder("taken")
                            .data(("p" + partition + i).getBytes(StandardCharsets.UTF_8))
                            .partition(new Partition(0, partition))
                            .build());
                }
            }
        }
        String offsets = "/meta/consumers/taking/offsets/taken/0-";
        // A negative id, as the original gives them; an offset alone, as clients before 1.4 wrote it; nothing.
        zookeeper
                .create()
                .creatingParentsIfNeeded()
                .forPath(offsets + 0, "-5468903538719457280-23".getBytes(StandardCharsets.UTF_8));
        zookeeper.create().forPath(offsets + 1, "46".getBytes(StandardCharsets.UTF_8));
        zookeeper.create().forPath(offsets + 2, new byte[0]);
        Inbox inbox = new Inbox();
        try (MessageConsumer consumer = subscribe(LiveBroker.consumer("taking"), "taken", inbox)) {
            assertThat(inbox.awaitTexts(6)).containsExactlyInAnyOrder("p01", "p02", "p12", "p20", "p21", "p22");
        }
    }

    @Test
    void aGroupMayBeginAtATime() throws Exception {
        broker.createTopic("timed", 1);
        send("timed", 0, 5);
        Instant between = Instant.now().plusMillis(20);
        Awaitility.await("the clock").until(() -> Instant.now().isAfter(between.plusMillis(20)));
        send("timed", 5, 10);
        ConsumerConfig config = LiveBroker.consumer("timing");
        config.setStartTime(between);
        Inbox inbox = new Inbox();
        try (MessageConsumer consumer = subscribe(config, "timed", inbox)) {
            assertThat(inbox.awaitTexts(5)).containsSubsequence(texts(5, 10));
        }
        // The index is sparse, so earlier messages of the same block may come too; never is one left out.
        assertThat(inbox.texts()).isEqualTo(texts(10 - inbox.texts().size(), 10));
    }

    @Test
    void aGroupMayBeginBehindTheNewestMessage() throws Exception {
        broker.createTopic("newest", 1);
        send("newest", 0, 5);
        ConsumerConfig config = LiveBroker.consumer("from-now");
        config.setConsumeFromMaxOffset();
        Inbox inbox = new Inbox();
        try (MessageConsumer consumer = subscribe(config, "newest", inbox)) {
            Awaitility.await("the start at the end").atMost(PATIENCE).until(() -> offsetNode("from-now", "newest", 0)
                    .endsWith("-110"));
            send("newest", 5, 8);
            assertThat(inbox.awaitTexts(3)).containsExactlyElementsOf(texts(5, 8));
        }
    }

    @Test
    void aRecordLargerThanATransferIsReadWholeByASmallConsumer() throws Exception {
        broker.createTopic("large", 1);
        byte[] large = new byte[1 << 20];
        large[large.length - 1] = 7;
        try (MessageProducer producer = sessions.createProducer()) {
            producer.publish("large");
            producer.sendMessage(Inbox.message("large", "before"));
            assertThat(producer.sendMessage(new Message("large", large, "attribute"))
                            .isSuccess())
                    .isTrue();
            producer.sendMessage(Inbox.message("large", "after"));
        }
        Inbox inbox = new Inbox();
        try (MessageConsumer consumer = sessions.createConsumer(LiveBroker.consumer("small"))) {
            consumer.subscribe("large", 64, inbox);
            consumer.completeSubscribe();
            inbox.await(3);
        }
        assertThat(inbox.messages().get(1).getData()).isEqualTo(large);
        assertThat(inbox.messages().get(1).getAttribute()).isEqualTo("attribute");
        assertThat(Inbox.text(inbox.messages().get(2))).isEqualTo("after");
        MessageIterator pulled =
                sessions.createConsumer(new ConsumerConfig("pulling")).get("large", new Partition(0, 0), 26, 64);
        assertThat(pulled.next().getData()).isEqualTo(large);
    }

    @Test
    void theBrowserWalksEachPartitionFromItsOldestMessage() throws Exception {
        broker.createTopic("browsed", 3);
        send("browsed", 0, 300);
        TopicBrowser browser = sessions.createTopicBrowser("browsed", 100, 5, TimeUnit.SECONDS);
        assertThat(browser.getTopic()).isEqualTo("browsed");
        assertThat(browser.getPartitions())
                .containsExactly(new Partition(0, 0), new Partition(0, 1), new Partition(0, 2));
        for (int walk = 0; walk < 2; walk++) {
            List<Message> all = new ArrayList<>();
            browser.iterator().forEachRemaining(all::add);
            assertThat(Inbox.texts(all)).containsExactlyInAnyOrderElementsOf(texts(0, 300));
            assertThat(all).isSortedAccordingTo((a, b) -> a.getPartition().compareTo(b.getPartition()));
        }
        assertThat(sessions.createTopicBrowser("nowhere").iterator()).isExhausted();
    }

    @Test
    void aPullReadsOnceAndSaysWhereTheNextOneBegins() throws Exception {
        broker.createTopic("pulled", 1);
        send("pulled", 0, 4);
        try (MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("pulls"))) {
            List<String> texts = new ArrayList<>();
            long offset = 0;
            for (MessageIterator read = consumer.get("pulled", new Partition(0, 0), offset, 50);
                    read != null;
                    read = consumer.get("pulled", new Partition(0, 0), offset, 50)) {
                read.forEachRemaining(message -> texts.add(Inbox.text(message)));
                offset = read.getNextOffset();
            }
            assertThat(texts).containsExactlyElementsOf(texts(0, 4));
            assertThat(offset).isEqualTo(88);
            assertThat(consumer.get("pulled", new Partition(0, 0), 1_000_000, 50))
                    .isNull();
            assertThat(consumer.get("nowhere", new Partition(0, 0), 0, 50)).isNull();
        }
    }

    @Test
    void directModeReadsWithoutZooKeeper() throws Exception {
        broker.createTopic("direct", 2);
        try (MetaMessageSessionFactory direct = broker.connectDirectly()) {
            MessageProducer producer = direct.createProducer();
            producer.publish("direct");
            for (int i = 0; i < 20; i++) {
                assertThat(producer.sendMessage(Inbox.message("direct", "m" + i))
                                .isSuccess())
                        .isTrue();
            }
            Inbox all = new Inbox();
            MessageConsumer everything = direct.createConsumer(LiveBroker.consumer("direct-all"));
            everything.subscribe("direct", FETCH_BYTES, all).completeSubscribe();
            assertThat(all.awaitTexts(20)).containsExactlyInAnyOrderElementsOf(texts(0, 20));

            ConsumerConfig config = LiveBroker.consumer("direct-one");
            config.setPartition(new Partition(0, 1));
            config.setOffset(22);
            Inbox one = new Inbox();
            MessageConsumer second = direct.createConsumer(config);
            second.subscribe("direct", FETCH_BYTES, one).completeSubscribe();
            assertThat(one.awaitTexts(9)).hasSize(9).doesNotContain("m1");
            assertThat(second.getOffsetStorage()).isNull();
        }
        assertThat(zookeeper.checkExists().forPath("/meta/consumers/direct-all"))
                .isNull();
    }

    @Test
    void aMessageThatItsListenerCouldNotConsumeComesAgainAndLaterOnesWait() throws Exception {
        broker.createTopic("failing", 1);
        send("failing", 0, 5);
        List<String> seen = new CopyOnWriteArrayList<>();
        AtomicInteger failures = new AtomicInteger();
        try (MessageConsumer consumer = subscribe(LiveBroker.consumer("fails"), "failing", message -> {
            seen.add(Inbox.text(message));
            if (Inbox.text(message).equals("m1") && failures.incrementAndGet() <= 2) {
                throw new IllegalStateException("a listener's own failure");
            }
            if (Inbox.text(message).equals("m3") && failures.incrementAndGet() <= 4) {
                message.setRollbackOnly();
            }
        })) {
            Awaitility.await("all").atMost(PATIENCE).until(() -> seen.contains("m4"));
        }
        assertThat(seen).containsExactly("m0", "m1", "m1", "m1", "m2", "m3", "m3", "m4");
    }

    @Test
    void theRejectHandlerDecidesAboutAMessageThatNobodyCanConsume() throws Exception {
        broker.createTopic("rejected", 1);
        send("rejected", 0, 3);
        Inbox inbox = new Inbox();
        List<String> rejected = new CopyOnWriteArrayList<>();
        ConsumerConfig config = LiveBroker.consumer("rejects");
        config.setMaxFetchRetries(2);
        MessageConsumer consumer = sessions.createConsumer(config);
        consumer.setRejectConsumptionHandler((message, by) -> {
            rejected.add(Inbox.text(message));
            return rejected.size() == 1 ? Decision.RETRY : Decision.SKIP;
        });
        consumer.subscribe("rejected", FETCH_BYTES, message -> {
            inbox.recieveMessages(message);
            if (Inbox.text(message).equals("m1")) {
                throw new IllegalStateException("never");
            }
        });
        try (consumer) {
            consumer.completeSubscribe();
            Awaitility.await("all").atMost(PATIENCE).until(() -> inbox.texts().contains("m2"));
        }
        assertThat(inbox.texts()).containsExactly("m0", "m1", "m1", "m1", "m1", "m2");
        assertThat(rejected).containsExactly("m1", "m1");
    }

    @Test
    void withoutAutoAckOnlyWhatWasAcknowledgedIsCommittedAndARollbackGoesBackToIt() throws Exception {
        broker.createTopic("acked", 1);
        send("acked", 0, 6);
        List<String> seen = new CopyOnWriteArrayList<>();
        try (MessageConsumer consumer = subscribe(LiveBroker.consumer("acks"), "acked", message -> {
            message.getPartition().setAutoAck(false);
            seen.add(Inbox.text(message));
            if (seen.size() == 2) {
                message.getPartition().ack();
            } else if (seen.size() == 4) {
                message.getPartition().rollback();
            }
        })) {
            Awaitility.await("all").atMost(PATIENCE).until(() -> seen.contains("m5"));
        }
        assertThat(seen).containsExactly("m0", "m1", "m2", "m3", "m2", "m3", "m4", "m5");
        assertThat(offsetNode("acks", "acked", 0)).endsWith("-44");
    }

    @Test
    void aFilteredMessageCountsAsConsumed() throws Exception {
        broker.createTopic("filtered", 1);
        send("filtered", 0, 6);
        Inbox inbox = new Inbox();
        MessageConsumer consumer = sessions.createConsumer(LiveBroker.consumer("filters"));
        consumer.subscribe("filtered", FETCH_BYTES, inbox, (group, message) -> {
            int number = Integer.parseInt(Inbox.text(message).substring(1));
            if (number == 4) {
                throw new IllegalStateException("a filter's own failure");
            }
            return group.equals("filters") && number % 2 == 0;
        });
        try (consumer) {
            consumer.completeSubscribe();
            inbox.await(2);
            Awaitility.await("the commit of all").atMost(PATIENCE).until(() -> offsetNode("filters", "filtered", 0)
                    .endsWith("-132"));
        }
        assertThat(inbox.texts()).containsExactly("m0", "m2");
    }

    @Test
    void aListenersOwnExecutorDelivers() throws Exception {
        broker.createTopic("executed", 2);
        send("executed", 0, 10);
        Set<String> threads = ConcurrentHashMap.newKeySet();
        Inbox inbox = new Inbox();
        ExecutorService own = Executors.newFixedThreadPool(2, work -> new Thread(work, "own-thread"));
        try (MessageConsumer consumer = subscribe(LiveBroker.consumer("executes"), "executed", new MessageListener() {
            @Override
            public void recieveMessages(Message message) {
                threads.add(Thread.currentThread().getName());
                inbox.recieveMessages(message);
            }

            @Override
            public Executor getExecutor() {
                return own;
            }
        })) {
            inbox.await(10);
        } finally {
            own.shutdownNow();
        }
        assertThat(threads).containsExactly("own-thread");
    }

    @Test
    void everyGroupGetsEveryMessage() throws Exception {
        broker.createTopic("groups", 2);
        Map<String, Inbox> groups = Map.of("group-a", new Inbox(), "group-b", new Inbox());
        List<MessageConsumer> consumers = new ArrayList<>();
        for (Map.Entry<String, Inbox> each : groups.entrySet()) {
            consumers.add(subscribe(LiveBroker.consumer(each.getKey()), "groups", each.getValue()));
        }
        send("groups", 0, 50);
        for (Inbox inbox : groups.values()) {
            assertThat(inbox.awaitTexts(50)).containsExactlyInAnyOrderElementsOf(texts(0, 50));
        }
        for (MessageConsumer each : consumers) {
            each.close();
        }
    }
}
