// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendFailedException;
import io.metaq.client.SendFailedException.Outcome;
import io.metaq.client.SendResult;
import io.metaq.dist.process.BrokerProcess;
import io.metaq.record.Compression;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An idempotent producer stores each message once, whatever happens to its answers and to the broker. */
class RetryingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static ProducerConfig.Builder quickRetries() {
        return ProducerConfig.builder()
                .requestTimeout(Duration.ofSeconds(1))
                .retryBackoff(Duration.ofMillis(20))
                .deliveryTimeout(PATIENCE);
    }

    @Test
    void aMessageWhoseAnswerWasCutOffIsSentAgainAndStoredOnce(@TempDir Path directory) throws Exception {
        try (LiveBroker broker = LiveBroker.start(directory);
                CuttingProxy proxy = new CuttingProxy(broker.port());
                MetaMessageSessionFactory sessions = LiveBroker.connectDirectly(proxy.url())) {
            broker.createTopic("cut", 1);
            MessageProducer producer = sessions.createProducer(quickRetries().build());
            producer.publish("cut");
            producer.sendMessage(Inbox.message("cut", "before"));

            proxy.fateOfNextAnswer(CuttingProxy.Fate.CUT);
            SendResult told = producer.sendMessage(Inbox.message("cut", "cut off"));
            producer.sendMessage(Inbox.message("cut", "after"));

            assertThat(proxy.lost()).isEqualTo(1);
            assertThat(told.isSuccess()).isTrue();
            List<Message> stored = broker.browse("cut");
            assertThat(Inbox.texts(stored)).containsExactly("before", "cut off", "after");
            assertThat(stored.get(1).getId()).isEqualTo(told.getMessageId());
            assertThat(stored.get(1).getOffset()).isEqualTo(told.getOffset());
        }
    }

    /** Nobody resets such a connection; only that nothing comes back shows that the broker cannot be reached by it. */
    @Test
    void aConnectionThatFellSilentIsReplacedAlsoWhileMuchIsSentOnIt(@TempDir Path directory) throws Exception {
        try (LiveBroker broker = LiveBroker.start(directory);
                CuttingProxy proxy = new CuttingProxy(broker.port());
                MetaMessageSessionFactory sessions = LiveBroker.connectDirectly(proxy.url())) {
            broker.createTopic("silent", 1);
            MessageProducer producer = sessions.createProducer(quickRetries().build());
            producer.publish("silent");
            producer.sendMessage(Inbox.message("silent", "before"));

            proxy.fateOfNextAnswer(CuttingProxy.Fate.SILENCE);
            SendResult told = producer.sendMessage(Inbox.message("silent", "unanswered"), 40, TimeUnit.SECONDS);

            assertThat(told.isSuccess()).isTrue();
            assertThat(Inbox.texts(broker.browse("silent"))).containsExactly("before", "unanswered");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "LZ4"})
    void noneIsLostDoubledOrOutOfOrderWhenManyAnswersAreCutOff(Compression compression, @TempDir Path directory)
            throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int count = 3_000;
        try (LiveBroker broker = LiveBroker.start(directory);
                CuttingProxy proxy = new CuttingProxy(broker.port());
                MetaMessageSessionFactory sessions = LiveBroker.connectDirectly(proxy.url())) {
            broker.createTopic("cuts", 2);
            ProducerConfig config =
                    quickRetries().batchBytes(2_000).compression(compression).build();
            MessageProducer producer = sessions.createProducer(config);
            producer.publish("cuts");
            producer.sendMessage(to(0, "cuts", "0:first"));
            producer.sendMessage(to(1, "cuts", "1:first"));
            proxy.cutWhen(() -> random.nextInt(6) == 0);

            List<CompletableFuture<SendResult>> futures = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                futures.add(producer.send(to(i % 2, "cuts", i % 2 + ":" + i)));
                if (i % 100 == 99) {
                    producer.flush();
                }
            }
            producer.flush();
            proxy.cutWhen(() -> false);

            assertThat(futures).as("seed %d", seed).allSatisfy(each -> assertThat(each)
                    .isCompletedWithValueMatching(SendResult::isSuccess));
            assertThat(proxy.lost()).as("answers cut off, seed %d", seed).isPositive();
            List<String> expected = new ArrayList<>(List.of("0:first"));
            IntStream.range(0, count).filter(i -> i % 2 == 0).forEach(i -> expected.add("0:" + i));
            expected.add("1:first");
            IntStream.range(0, count).filter(i -> i % 2 == 1).forEach(i -> expected.add("1:" + i));
            assertThat(Inbox.texts(broker.browse("cuts"))).as("seed %d", seed).isEqualTo(expected);
        }
    }

    @Test
    void aProducerWithoutIdempotenceDoesNotRepeatAndSaysThatItDoesNotKnow(@TempDir Path directory) throws Exception {
        try (LiveBroker broker = LiveBroker.start(directory);
                CuttingProxy proxy = new CuttingProxy(broker.port());
                MetaMessageSessionFactory sessions = LiveBroker.connectDirectly(proxy.url())) {
            broker.createTopic("once", 1);
            MessageProducer producer =
                    sessions.createProducer(quickRetries().idempotent(false).build());
            producer.publish("once");
            producer.sendMessage(Inbox.message("once", "before"));

            proxy.fateOfNextAnswer(CuttingProxy.Fate.CUT);
            assertThat(producer.send(Inbox.message("once", "cut off")))
                    .failsWithin(PATIENCE)
                    .withThrowableOfType(ExecutionException.class)
                    .havingCause()
                    .isInstanceOfSatisfying(SendFailedException.class, e -> assertThat(e.outcome())
                            .isEqualTo(Outcome.UNKNOWN))
                    .withMessageContaining("lost the connection to " + proxy.url());
            assertThat(producer.sendMessage(Inbox.message("once", "after")).isSuccess())
                    .isTrue();
            assertThat(Inbox.texts(broker.browse("once"))).containsExactly("before", "cut off", "after");
        }
    }

    @Test
    void nothingIsLostOrDoubledWhenTheBrokerIsRestartedUnderItsProducers(@TempDir Path directory) throws Exception {
        try (LiveBroker broker = LiveBroker.start(directory);
                MetaMessageSessionFactory sessions = broker.connect()) {
            broker.createTopic("restarted", 2);
            MessageProducer producer =
                    sessions.createProducer(quickRetries().batchBytes(1_000).build());
            producer.publish("restarted");
            Numbers numbers = new Numbers(producer, "restarted");
            for (int round = 0; round < 3; round++) {
                numbers.awaitAcknowledged(500 * (round + 1));
                broker.restart();
            }
            numbers.awaitAcknowledged(2_000);
            numbers.end();
            numbers.requireExactly(broker.browse("restarted"));
        }
    }

    @Test
    void nothingIsLostOrDoubledWhenTheBrokerIsKilledUnderItsProducer(@TempDir Path directory) throws Exception {
        try (BrokerProcess broker = BrokerProcess.prepare(
                directory, List.of("numPartitions=2", "[topic=killed]"), List.of("-Xmx256m", "-XX:+UseSerialGC"))) {
            broker.start();
            try (MetaMessageSessionFactory sessions = LiveBroker.connectDirectly(broker.url())) {
                MessageProducer producer =
                        sessions.createProducer(quickRetries().batchBytes(1_000).build());
                producer.publish("killed");
                Numbers numbers = new Numbers(producer, "killed");
                for (int round = 0; round < 2; round++) {
                    numbers.awaitAcknowledged(1_000 * (round + 1));
                    broker.kill();
                    broker.start();
                }
                numbers.awaitAcknowledged(3_000);
                numbers.end();
                numbers.requireExactly(LiveBroker.browse(broker.url(), "killed"));
            }
        }
    }

    /** Sends numbers to partitions 0 and 1 in turn, without waiting for one before the next, until it is asked for the end. */
    private static final class Numbers {
        private final MessageProducer producer;
        private final String topic;
        private final List<CompletableFuture<SendResult>> futures = new ArrayList<>();
        private final Thread sender = new Thread(this::run, "stream");
        private volatile boolean ended;

        Numbers(MessageProducer producer, String topic) {
            this.producer = producer;
            this.topic = topic;
            sender.setDaemon(true);
            sender.start();
        }

        private void run() {
            for (int i = 0; !ended; i++) {
                CompletableFuture<SendResult> future = producer.send(to(i % 2, topic, Integer.toString(i)));
                synchronized (futures) {
                    futures.add(future);
                }
                if (i % 50 == 49) {
                    future.handle((result, failure) -> result).join();
                }
            }
        }

        private List<CompletableFuture<SendResult>> futures() {
            synchronized (futures) {
                return List.copyOf(futures);
            }
        }

        void awaitAcknowledged(int count) {
            Awaitility.await(count + " acknowledgements")
                    .atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() ->
                            futures().stream().filter(CompletableFuture::isDone).count() >= count);
        }

        /** Ends sending; every message was acknowledged. */
        void end() throws InterruptedException {
            ended = true;
            sender.join(PATIENCE.toMillis());
            producer.flush();
            assertThat(futures())
                    .allSatisfy(each -> assertThat(each).isCompletedWithValueMatching(SendResult::isSuccess));
        }

        /** Each message is stored once, in the order of sending. */
        void requireExactly(List<Message> stored) {
            List<String> expected = new ArrayList<>();
            int count = futures().size();
            IntStream.range(0, count).filter(i -> i % 2 == 0).forEach(i -> expected.add(Integer.toString(i)));
            IntStream.range(0, count).filter(i -> i % 2 == 1).forEach(i -> expected.add(Integer.toString(i)));
            assertThat(Inbox.texts(stored)).isEqualTo(expected);
        }
    }

    private static Message to(int partition, String topic, String text) {
        return Message.builder(topic)
                .data(text.getBytes(StandardCharsets.UTF_8))
                .partition(new Partition(LiveBroker.BROKER_ID, partition))
                .build();
    }
}
