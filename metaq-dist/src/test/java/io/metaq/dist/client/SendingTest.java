// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.client.BufferFullException;
import io.metaq.client.KeyHashPartitionSelector;
import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.RandomPartitionSelector;
import io.metaq.client.RoundRobinPartitionSelector;
import io.metaq.client.SendMessageCallback;
import io.metaq.client.SendResult;
import io.metaq.record.Compression;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sending: what the caller is told, how messages travel together, and where they go. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SendingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private LiveBroker broker;
    private MetaMessageSessionFactory sessions;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        broker = LiveBroker.start(directory);
        sessions = broker.connect();
    }

    @AfterAll
    void stop() throws Exception {
        sessions.close();
        broker.close();
    }

    private MessageProducer producer(String topic, ProducerConfig config) {
        MessageProducer producer = sessions.createProducer(config);
        producer.publish(topic);
        return producer;
    }

    @Test
    void aSynchronousSendTellsWhereTheMessageLiesAndHowSafeItIs() throws Exception {
        broker.createTopic("sync", 1);
        try (MessageProducer producer = producer("sync", ProducerConfig.defaults())) {
            Message first = Inbox.message("sync", "hello");
            SendResult told = producer.sendMessage(first);
            SendResult next = producer.sendMessage(Inbox.message("sync", "world"));

            assertThat(told.isSuccess()).isTrue();
            assertThat(told.getErrorMessage()).isNull();
            assertThat(told.getPartition()).isEqualTo(new Partition(0, 0));
            assertThat(told.getDurability()).isEqualTo(SendResult.Durability.FLUSHED);
            assertThat(told.getOffset()).isZero();
            assertThat(next.getOffset()).isEqualTo(25);
            assertThat(first.getId()).isEqualTo(told.getMessageId()).isPositive();
            assertThat(first.getOffset()).isZero();
            assertThat(first.getPartition()).isEqualTo(new Partition(0, 0));
        }
    }

    @Test
    void anAsynchronousTopicSaysThatTheMessageIsOnlyWritten() throws Exception {
        broker.createTopic("written", Map.of("unflushThreshold", "1000"));
        try (MessageProducer producer = producer("written", ProducerConfig.defaults())) {
            assertThat(producer.sendMessage(Inbox.message("written", "hello")).getDurability())
                    .isEqualTo(SendResult.Durability.WRITTEN);
        }
    }

    @Test
    void futuresCompleteWithTheOrderOfSendingKept() throws Exception {
        broker.createTopic("futures", 1);
        try (MessageProducer producer = producer("futures", ProducerConfig.defaults())) {
            List<CompletableFuture<SendResult>> futures = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                futures.add(producer.send(Inbox.message("futures", "m" + i)));
            }
            producer.flush();

            List<Long> offsets = new ArrayList<>();
            Set<Long> ids = new HashSet<>();
            for (CompletableFuture<SendResult> future : futures) {
                assertThat(future).isCompleted();
                offsets.add(future.get().getOffset());
                ids.add(future.get().getMessageId());
            }
            assertThat(offsets).isSorted().doesNotHaveDuplicates();
            assertThat(ids).hasSize(2_000);
        }
        List<Message> stored = broker.browse("futures");
        assertThat(Inbox.texts(stored)).hasSize(2_000);
        for (int i = 0; i < stored.size(); i++) {
            assertThat(Inbox.text(stored.get(i))).isEqualTo("m" + i);
        }
    }

    @Test
    void eachCallBackComesOnceAlsoWhenAnotherThrows() throws Exception {
        broker.createTopic("callbacks", 2);
        int count = 300;
        AtomicInteger successes = new AtomicInteger();
        AtomicInteger others = new AtomicInteger();
        CountDownLatch told = new CountDownLatch(count);
        SendMessageCallback callback = new SendMessageCallback() {
            @Override
            public void onMessageSent(SendResult result) {
                (result.isSuccess() ? successes : others).incrementAndGet();
                told.countDown();
                if (told.getCount() == count / 2) {
                    throw new IllegalStateException("a call-back's own failure");
                }
            }

            @Override
            public void onException(Throwable e) {
                others.incrementAndGet();
                told.countDown();
            }
        };
        try (MessageProducer producer = producer("callbacks", ProducerConfig.defaults())) {
            for (int i = 0; i < count; i++) {
                producer.sendMessage(Inbox.message("callbacks", "m" + i), callback);
            }
            assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(successes).hasValue(count);
        assertThat(others).hasValue(0);
    }

    /** A call-back runs where answers come in, so nothing that it sends may wait there for an answer. */
    @ParameterizedTest(name = "directly: {0}")
    @ValueSource(booleans = {false, true})
    void aCallBackMaySendTheNextMessage(boolean directly) throws Exception {
        broker.createTopic("chain-" + directly, 1);
        try (MetaMessageSessionFactory own = directly ? broker.connectDirectly() : broker.connect();
                MessageProducer producer = own.createProducer()) {
            producer.publish("chain-" + directly);
            producer.publish("chained-nowhere");
            CompletableFuture<SendResult> next = producer.send(Inbox.message("chain-" + directly, "first"))
                    .thenCompose(told -> producer.send(Inbox.message("chain-" + directly, "second")))
                    .thenCompose(told -> producer.send(Inbox.message("chained-nowhere", "third")))
                    .exceptionallyCompose(e -> producer.send(Inbox.message("chain-" + directly, "fourth")));
            assertThat(next).succeedsWithin(PATIENCE);
        }
        assertThat(Inbox.texts(broker.browse("chain-" + directly))).containsExactly("first", "second", "fourth");
    }

    @Test
    void keyHeadersAndAttributeArriveAsTheyWereSent() throws Exception {
        broker.createTopic("parts", 1);
        List<Message> sent = List.of(
                new Message("parts", new byte[0]),
                new Message("parts", new byte[] {1, 2, 3}, ""),
                new Message("parts", new byte[] {0}, "attribute, with: signs\r\n und Umläute ü 消息"),
                Message.builder("parts").data(new byte[] {4}).key("k").build(),
                Message.builder("parts").data(new byte[] {5}).key("").build(),
                Message.builder("parts").header("h", "1").header("", "").build(),
                Message.builder("parts")
                        .data("all".getBytes(StandardCharsets.UTF_8))
                        .attribute("a")
                        .key("schlüssel-😀")
                        .header("trace", "4:x,5")
                        .header("消息", "😀")
                        .build());
        try (MessageProducer producer = producer("parts", ProducerConfig.defaults())) {
            for (Message each : sent) {
                assertThat(producer.sendMessage(each).isSuccess()).isTrue();
            }
        }
        List<Message> received = broker.browse("parts");
        assertThat(received).hasSameSizeAs(sent);
        for (int i = 0; i < sent.size(); i++) {
            Message before = sent.get(i);
            Message after = received.get(i);
            assertThat(after.getData()).isEqualTo(before.getData());
            assertThat(after.getAttribute()).isEqualTo(before.getAttribute());
            assertThat(after.getKey()).isEqualTo(before.getKey());
            assertThat(after.getHeaders()).isEqualTo(before.getHeaders());
            assertThat(after.getId()).isEqualTo(before.getId());
            assertThat(after.getOffset()).isEqualTo(before.getOffset());
        }
    }

    @Test
    void aFullBatchGoesAtOnceAndTheRestWhenItHasLingered() throws Exception {
        broker.createTopic("lingering", 1);
        ProducerConfig config = ProducerConfig.builder()
                .batchBytes(1_000)
                .linger(Duration.ofSeconds(2))
                .build();
        try (MessageProducer producer = producer("lingering", config)) {
            long startedNanos = System.nanoTime();
            List<CompletableFuture<SendResult>> futures = new ArrayList<>();
            for (int i = 0; i < 11; i++) {
                futures.add(producer.send(new Message("lingering", new byte[80])));
            }
            futures.get(9).get(1_500, TimeUnit.MILLISECONDS);
            assertThat(futures.get(10)).isNotDone();
            futures.get(10).get(10, TimeUnit.SECONDS);
            assertThat(Duration.ofNanos(System.nanoTime() - startedNanos)).isGreaterThan(Duration.ofSeconds(2));
        }
    }

    @Test
    void flushDoesNotWaitForTheLinger() throws Exception {
        broker.createTopic("flushed", 1);
        ProducerConfig config =
                ProducerConfig.builder().linger(Duration.ofMinutes(1)).build();
        try (MessageProducer producer = producer("flushed", config)) {
            CompletableFuture<SendResult> future = producer.send(Inbox.message("flushed", "m"));
            assertThat(future).isNotDone();
            producer.flush();
            assertThat(future).isCompleted();
        }
    }

    @Test
    void closingSendsWhatStillLingers() throws Exception {
        broker.createTopic("closing", 1);
        ProducerConfig config =
                ProducerConfig.builder().linger(Duration.ofMinutes(1)).build();
        CompletableFuture<SendResult> future;
        try (MessageProducer producer = producer("closing", config)) {
            future = producer.send(Inbox.message("closing", "m"));
        }
        assertThat(future).isCompleted();
        assertThat(Inbox.texts(broker.browse("closing"))).containsExactly("m");
    }

    @Test
    void aFullBufferBlocksTheSenderAndThenFailsIt(@TempDir Path directory) throws Exception {
        try (LiveBroker away = LiveBroker.start(directory);
                MetaMessageSessionFactory theirs = away.connectDirectly()) {
            away.createTopic("bounded", 1);
            ProducerConfig config = ProducerConfig.builder()
                    .batchBytes(1_000)
                    .bufferBytes(10_000)
                    .maxBlock(Duration.ofMillis(300))
                    .build();
            MessageProducer producer = theirs.createProducer(config);
            producer.publish("bounded");
            assertThat(producer.sendMessage(new Message("bounded", new byte[80]))
                            .isSuccess())
                    .isTrue();
            away.stop();

            List<CompletableFuture<SendResult>> taken = new ArrayList<>();
            CompletableFuture<SendResult> refused = null;
            while (refused == null) {
                CompletableFuture<SendResult> future = producer.send(
                        Message.builder("bounded").data(new byte[80]).build());
                if (future.isCompletedExceptionally()) {
                    refused = future;
                } else {
                    taken.add(future);
                    assertThat(taken).hasSizeLessThanOrEqualTo(100);
                }
            }
            assertThat(taken).hasSize(100);
            assertThat(refused)
                    .failsWithin(Duration.ZERO)
                    .withThrowableOfType(ExecutionException.class)
                    .havingCause()
                    .isInstanceOf(BufferFullException.class)
                    .withMessageContaining("10000 bytes")
                    .withMessageContaining("300 ms");

            away.start();
            for (CompletableFuture<SendResult> each : taken) {
                assertThat(each.get(20, TimeUnit.SECONDS).isSuccess()).isTrue();
            }
            assertThat(producer.sendMessage(new Message("bounded", new byte[80]))
                            .isSuccess())
                    .isTrue();
            assertThat(away.browse("bounded")).hasSize(102);
        }
    }

    @Test
    void roundRobinTakesEachPartitionInTurn() throws Exception {
        broker.createTopic("round", 3);
        try (MessageProducer producer = sessions.createProducer(new RoundRobinPartitionSelector())) {
            producer.publish("round");
            List<Integer> numbers = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                numbers.add(partition(producer, Inbox.message("round", "m")));
            }
            assertThat(numbers).containsExactly(0, 1, 2, 0, 1, 2, 0);
        }
    }

    @Test
    void aKeyAlwaysTakesTheSamePartition() throws Exception {
        broker.createTopic("keyed", 5);
        try (MessageProducer producer = sessions.createProducer()) {
            producer.publish("keyed");
            for (int i = 0; i < 40; i++) {
                String key = "key-ü-" + i % 20;
                CRC32 crc = new CRC32();
                crc.update(key.getBytes(StandardCharsets.UTF_8));
                Message message = Message.builder("keyed").key(key).build();
                assertThat(partition(producer, message)).isEqualTo((int) (crc.getValue() % 5));
            }
            assertThat(producer.getPartitionSelector()).isInstanceOf(KeyHashPartitionSelector.class);
        }
    }

    @Test
    void randomReachesEveryPartition() throws Exception {
        broker.createTopic("random", 3);
        try (MessageProducer producer = sessions.createProducer(new RandomPartitionSelector())) {
            producer.publish("random");
            Set<Integer> reached = new HashSet<>();
            Awaitility.await("every partition").atMost(PATIENCE).until(() -> {
                reached.add(partition(producer, Inbox.message("random", "m")));
                return reached.equals(Set.of(0, 1, 2));
            });
        }
    }

    @Test
    void anOwnSelectorDecidesAndTheMessagesOwnPartitionDecidesBeforeIt() throws Exception {
        broker.createTopic("own", 4);
        try (MessageProducer producer =
                sessions.createProducer((topic, partitions, message) -> partitions.get(partitions.size() - 1))) {
            producer.publish("own");
            assertThat(partition(producer, Inbox.message("own", "m"))).isEqualTo(3);
            Message fixed =
                    Message.builder("own").partition(new Partition(0, 1)).build();
            assertThat(partition(producer, fixed)).isEqualTo(1);
        }
    }

    @Test
    void aSelectorThatDeclinesFailsTheSend() throws Exception {
        broker.createTopic("declined", 1);
        try (MessageProducer declining = sessions.createProducer((topic, partitions, message) -> {
                    throw new MetaClientException("not today");
                });
                MessageProducer empty = sessions.createProducer((topic, partitions, message) -> null)) {
            declining.publish("declined");
            empty.publish("declined");
            assertThatThrownBy(() -> declining.sendMessage(Inbox.message("declined", "m")))
                    .isInstanceOf(MetaClientException.class)
                    .hasMessage("not today");
            assertThatThrownBy(() -> empty.sendMessage(Inbox.message("declined", "m")))
                    .isInstanceOf(MetaClientException.class)
                    .hasMessageContaining("the partition selector chose nothing");
        }
    }

    @Test
    void aSelectorThatFailsItselfFailsThatSendAlone() throws Exception {
        broker.createTopic("broken", 1);
        AtomicInteger calls = new AtomicInteger();
        try (MessageProducer producer = sessions.createProducer((topic, partitions, message) -> {
            if (calls.getAndIncrement() == 0) {
                throw new IndexOutOfBoundsException("a selector's own mistake");
            }
            return partitions.get(0);
        })) {
            producer.publish("broken");
            assertThat(producer.send(Inbox.message("broken", "first")))
                    .failsWithin(PATIENCE)
                    .withThrowableOfType(ExecutionException.class)
                    .havingCause()
                    .isInstanceOf(MetaClientException.class)
                    .withMessageContaining("a selector's own mistake");
            assertThat(producer.sendMessage(Inbox.message("broken", "second")).isSuccess())
                    .isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"GZIP, 1", "SNAPPY, 1", "LZ4, 1", "ZSTD, 1", "GZIP, 2", "SNAPPY, 2", "LZ4, 2", "ZSTD, 2", "NONE, 2"})
    void compressedBatchesAreReadBackInBothRecordFormats(Compression compression, int format) throws Exception {
        String topic = "compressed-" + compression + "-" + format;
        broker.createTopic(topic, Map.of("numPartitions", "2", "recordFormat", Integer.toString(format)));
        ProducerConfig config = ProducerConfig.builder()
                .compression(compression)
                .linger(Duration.ofMillis(20))
                .build();
        List<Message> sent = new ArrayList<>();
        try (MessageProducer producer = producer(topic, config)) {
            List<CompletableFuture<SendResult>> futures = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                Message message = Message.builder(topic)
                        .data(("message " + i + " " + "again and ".repeat(20)).getBytes(StandardCharsets.UTF_8))
                        .key("k" + i % 7)
                        .header("number", Integer.toString(i))
                        .build();
                sent.add(message);
                futures.add(producer.send(message));
            }
            for (CompletableFuture<SendResult> each : futures) {
                assertThat(each.get(20, TimeUnit.SECONDS).isSuccess()).isTrue();
            }
        }
        Inbox inbox = new Inbox();
        try (var consumer = sessions.createConsumer(LiveBroker.consumer("g-" + topic))) {
            consumer.subscribe(topic, 64 << 10, inbox);
            consumer.completeSubscribe();
            inbox.await(sent.size());
        }
        assertSame(sent, inbox.messages());
        assertSame(sent, broker.browse(topic));
    }

    /** Each message once, as it was sent, under the id and the offset that the producer was told. */
    private static void assertSame(List<Message> sent, List<Message> received) {
        assertThat(received).hasSameSizeAs(sent);
        assertThat(received.stream().map(SendingTest::fingerprint))
                .containsExactlyInAnyOrderElementsOf(
                        sent.stream().map(SendingTest::fingerprint).toList());
    }

    private static String fingerprint(Message message) {
        return message.getPartition() + " " + message.getOffset() + " " + message.getId() + " " + message.getKey() + " "
                + message.getHeaders() + " " + Inbox.text(message);
    }

    private static int partition(MessageProducer producer, Message message) throws Exception {
        SendResult result = producer.sendMessage(message);
        assertThat(result.isSuccess()).as(result.toString()).isTrue();
        assertThat(message.getPartition()).isEqualTo(result.getPartition());
        return result.getPartition().getPartition();
    }
}
