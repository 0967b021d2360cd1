// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendFailedException;
import io.metaq.client.SendFailedException.Outcome;
import io.metaq.client.SendResult;
import io.metaq.client.TopicBrowser;
import io.metaq.client.ZkConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be done is said at once, in words that name what it was and why. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ErrorsTest {
    private static final ProducerConfig IMPATIENT = ProducerConfig.builder()
            .maxBlock(Duration.ofMillis(300))
            .requestTimeout(Duration.ofMillis(500))
            .deliveryTimeout(Duration.ofSeconds(1))
            .closeTimeout(Duration.ofSeconds(1))
            .build();

    private LiveBroker broker;
    private MetaMessageSessionFactory sessions;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        broker = LiveBroker.start(directory);
        broker.createTopic("known", 1);
        sessions = broker.connect();
    }

    @AfterAll
    void stop() throws Exception {
        sessions.close();
        broker.close();
    }

    @Test
    void aTopicThatNoBrokerHas() throws Exception {
        try (MessageProducer producer = sessions.createProducer(IMPATIENT)) {
            producer.publish("nowhere");
            assertThatThrownBy(() -> producer.sendMessage(Inbox.message("nowhere", "m")))
                    .isInstanceOf(MetaClientException.class)
                    .hasMessage("there is no available broker for topic nowhere after 300 ms");
        }
        try (MetaMessageSessionFactory direct = broker.connectDirectly();
                MessageProducer producer = direct.createProducer(IMPATIENT)) {
            producer.publish("nowhere");
            SendResult refused = producer.sendMessage(Inbox.message("nowhere", "m"));
            assertThat(refused.isSuccess()).isFalse();
            assertThat(refused.getErrorMessage()).contains("The server do not accept topic nowhere");
        }
    }

    @Test
    void aTopicThatWasNotPublished() throws Exception {
        try (MessageProducer producer = sessions.createProducer()) {
            assertThatThrownBy(() -> producer.sendMessage(Inbox.message("known", "m")))
                    .isInstanceOf(MetaClientException.class)
                    .hasMessage("topic known is not published; call publish(\"known\") first");
        }
    }

    @Test
    void aPartitionThatTheTopicDoesNotHave() throws Exception {
        try (MessageProducer producer = sessions.createProducer()) {
            producer.publish("known");
            Message misled = Message.builder("known")
                    .partition(new Partition(LiveBroker.BROKER_ID, 9))
                    .build();
            assertThat(producer.send(misled))
                    .failsWithin(Duration.ofSeconds(10))
                    .withThrowableOfType(ExecutionException.class)
                    .havingCause()
                    .isInstanceOfSatisfying(SendFailedException.class, e -> assertThat(e.outcome())
                            .isEqualTo(Outcome.NOT_STORED))
                    .withMessageContaining("wrong partition 9");
            assertThat(producer.sendMessage(misled).isSuccess()).isFalse();
            assertThat(producer.sendMessage(Inbox.message("known", "m")).isSuccess())
                    .isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "two words", "line\nend", "tab\t"})
    void aNameThatCannotTravel(String name) throws Exception {
        assertThatIllegalArgumentException().isThrownBy(() -> new Message(name, new byte[0]));
        assertThatIllegalArgumentException().isThrownBy(() -> new ConsumerConfig(name));
        try (MessageProducer producer = sessions.createProducer();
                MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("group"))) {
            assertThatIllegalArgumentException().isThrownBy(() -> producer.publish(name));
            assertThatIllegalArgumentException().isThrownBy(() -> consumer.subscribe(name, 1, message -> {}));
            assertThatIllegalArgumentException().isThrownBy(() -> consumer.get(name, new Partition(0, 0), 0, 1));
            assertThatIllegalArgumentException().isThrownBy(() -> sessions.createTopicBrowser(name));
        }
    }

    @Test
    void aMessageThatIsTooLargeForTheBrokerOrForAnyRequest() throws Exception {
        try (MessageProducer producer = sessions.createProducer()) {
            producer.publish("known");
            SendResult refused = producer.sendMessage(new Message("known", new byte[(2 << 20) + 1]));
            assertThat(refused.isSuccess()).isFalse();
            assertThat(refused.getErrorMessage()).contains("2097153 bytes").contains("at most 2097152");

            CompletableFuture<SendResult> before = producer.send(Inbox.message("known", "m"));
            assertThatThrownBy(() -> producer.sendMessage(new Message("known", new byte[16 << 20])))
                    .isInstanceOfSatisfying(SendFailedException.class, e -> assertThat(e.outcome())
                            .isEqualTo(Outcome.NOT_STORED))
                    .hasMessageContaining("16777236 bytes is too large");
            assertThat(before.get(10, TimeUnit.SECONDS).isSuccess()).isTrue();
            assertThat(producer.sendMessage(new Message("known", new byte[2 << 20]))
                            .isSuccess())
                    .isTrue();
        }
    }

    @Test
    void aBrokerThatIsAway() throws Exception {
        String url = "meta://127.0.0.1:" + LiveBroker.freePort();
        try (MetaMessageSessionFactory nobody = LiveBroker.connectDirectly(url);
                MessageProducer producer = nobody.createProducer(IMPATIENT);
                MessageConsumer consumer = nobody.createConsumer(new ConsumerConfig("group"))) {
            producer.publish("known");
            assertThatThrownBy(() -> producer.sendMessage(Inbox.message("known", "m")))
                    .isInstanceOf(MetaClientException.class)
                    .hasMessage("there is no available broker for topic known after 300 ms");
            assertThatThrownBy(() -> consumer.get("known", new Partition(0, 0), 0, 100))
                    .isInstanceOf(MetaClientException.class)
                    .hasMessageContaining(url);
        }
    }

    @Test
    void aBrokerThatWentAway(@TempDir Path directory) throws Exception {
        try (LiveBroker leaving = LiveBroker.start(directory);
                MetaMessageSessionFactory direct = leaving.connectDirectly();
                MessageProducer producer = direct.createProducer(IMPATIENT)) {
            leaving.createTopic("left", 1);
            producer.publish("left");
            producer.sendMessage(Inbox.message("left", "m"));
            TopicBrowser browser = direct.createTopicBrowser("left");
            leaving.stop();
            assertThatThrownBy(() -> producer.sendMessage(Inbox.message("left", "m")))
                    .isInstanceOfSatisfying(SendFailedException.class, e -> assertThat(e.outcome())
                            .isEqualTo(Outcome.NOT_STORED))
                    .hasMessageContaining("not delivered within 1000 ms")
                    .hasMessageContaining("topic left")
                    .hasMessageContaining(leaving.url());
            assertThatIllegalStateException()
                    .isThrownBy(() -> browser.iterator().hasNext())
                    .withMessageContaining("could not browse left 0-0")
                    .withCauseInstanceOf(MetaClientException.class);
            leaving.start();
            assertThat(producer.sendMessage(Inbox.message("left", "again")).isSuccess())
                    .isTrue();
        }
    }

    @Test
    void anAnswerThatIsWaitedForTooShortly() throws Exception {
        try (CuttingProxy proxy = new CuttingProxy(broker.port());
                MetaMessageSessionFactory direct = LiveBroker.connectDirectly(proxy.url());
                MessageProducer producer = direct.createProducer(IMPATIENT);
                MessageConsumer consumer = direct.createConsumer(new ConsumerConfig("group"))) {
            producer.publish("known");
            producer.sendMessage(Inbox.message("known", "m"));
            proxy.fateOfNextAnswer(CuttingProxy.Fate.SILENCE);
            assertThatThrownBy(() -> producer.sendMessage(Inbox.message("known", "m"), 200, TimeUnit.MILLISECONDS))
                    .isInstanceOfSatisfying(SendFailedException.class, e -> assertThat(e.outcome())
                            .isEqualTo(Outcome.UNKNOWN))
                    .hasMessageContaining("no answer within 200 ms");
            assertThatThrownBy(() -> consumer.get("known", new Partition(0, 0), 0, 100, 200, TimeUnit.MILLISECONDS))
                    .isInstanceOf(MetaClientException.class)
                    .hasMessageContaining("did not answer within 200 ms");
        }
    }

    @Test
    void whatWasClosed() throws Exception {
        MetaMessageSessionFactory factory = broker.connect();
        MessageProducer producer = factory.createProducer();
        producer.publish("known");
        producer.close();
        producer.close();
        assertThatThrownBy(() -> producer.sendMessage(Inbox.message("known", "m")))
                .isInstanceOf(MetaClientException.class)
                .hasMessage("the producer is closed");
        assertThatIllegalStateException().isThrownBy(() -> producer.publish("known"));

        MessageConsumer consumer = factory.createConsumer(new ConsumerConfig("closing"));
        consumer.close();
        consumer.close();
        assertThatThrownBy(() -> consumer.subscribe("known", 100, message -> {}))
                .isInstanceOf(MetaClientException.class)
                .hasMessage("the consumer is closed");
        assertThatThrownBy(() -> consumer.get("known", new Partition(0, 0), 0, 100))
                .hasMessage("the consumer is closed");

        MessageProducer second = factory.createProducer();
        second.publish("known");
        TopicBrowser browser = factory.createTopicBrowser("known");
        factory.close();
        factory.close();
        assertThatThrownBy(() -> second.sendMessage(Inbox.message("known", "m")))
                .hasMessage("the producer is closed");
        assertThatIllegalStateException().isThrownBy(() -> browser.iterator().hasNext());
        assertThatIllegalStateException()
                .isThrownBy(factory::createProducer)
                .withMessage("the session factory is closed");
        assertThatIllegalStateException().isThrownBy(() -> factory.createConsumer(new ConsumerConfig("late")));
        assertThatIllegalStateException().isThrownBy(() -> factory.createTopicBrowser("known"));
    }

    @Test
    void aConfigurationThatLeadsNowhere() throws Exception {
        assertThatThrownBy(() -> new MetaMessageSessionFactory(new MetaClientConfig()))
                .isInstanceOf(MetaClientException.class)
                .hasMessageContaining("neither ZooKeeper (zkConfig) nor a broker (serverUrl)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LiveBroker.connectDirectly("127.0.0.1:8123"))
                .withMessageContaining("meta://host:port");
        ZkConfig nobody = new ZkConfig("/meta", "127.0.0.1:" + LiveBroker.freePort(), 1_000, 500, 100);
        assertThatThrownBy(() -> new MetaMessageSessionFactory(
                        MetaClientConfig.builder().zkConfig(nobody).build()))
                .isInstanceOf(MetaClientException.class)
                .hasMessage("no ZooKeeper at " + nobody.zkConnect() + " within 500 ms");
    }

    @Test
    void aConsumerThatIsUsedInTheWrongOrder() throws Exception {
        try (MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("order"))) {
            consumer.subscribe("known", 100, message -> {});
            assertThatThrownBy(() -> consumer.subscribe("known", 100, message -> {}))
                    .hasMessage("topic known is subscribed already");
            assertThatThrownBy(() -> consumer.subscribe("other", 0, message -> {}))
                    .hasMessageContaining("maxSize = 0");
            consumer.completeSubscribe();
            assertThatThrownBy(consumer::completeSubscribe).hasMessage("completeSubscribe was called already");
            assertThatThrownBy(() -> consumer.subscribe("other", 100, message -> {}))
                    .hasMessageContaining("before completeSubscribe");
        }
        try (MessageConsumer nameless = sessions.createConsumer(new ConsumerConfig())) {
            nameless.subscribe("known", 100, message -> {});
            assertThatThrownBy(nameless::completeSubscribe).hasMessage("a consumer that subscribes needs a group");
        }
    }
}
