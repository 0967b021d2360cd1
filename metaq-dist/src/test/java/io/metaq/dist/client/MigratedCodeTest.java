// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.AbstractPartitionSelector;
import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageProducer;
import io.metaq.client.MessageSessionFactory;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.SendFailedException;
import io.metaq.client.SendMessageCallback;
import io.metaq.client.SendResult;
import io.metaq.client.Subscription;
import io.metaq.client.ZkConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls as programs for MetaQ 1.4 make them compile and mean the same, but for their imports. */
class MigratedCodeTest {
    @TempDir
    Path directory;

    /** Tells its future of the one call that comes. */
    private static final class Told implements SendMessageCallback {
        private final CompletableFuture<SendResult> future = new CompletableFuture<>();

        @Override
        public void onMessageSent(SendResult result) {
            future.complete(result);
        }

        @Override
        public void onException(Throwable e) {
            future.completeExceptionally(e);
        }
    }

    private static final class AlwaysTheLast extends AbstractPartitionSelector {
        @Override
        public Partition getPartition0(String topic, List<Partition> partitions, Message message) {
            return partitions.get(partitions.size() - 1);
        }
    }

    @Test
    void aProgramFor14() throws Exception {
        try (LiveBroker broker = LiveBroker.start(directory)) {
            broker.createTopic("migrated", 3);
            MetaClientConfig config = new MetaClientConfig();
            config.setZkConfig(new ZkConfig(broker.zkConnect(), 5_000, 10_000, 200));
            MessageSessionFactory sessions = new MetaMessageSessionFactory(config);
            MessageProducer producer = sessions.createProducer(new AlwaysTheLast());
            producer.publish("migrated");
            Told told = new Told();
            producer.sendMessage(new Message("migrated", new byte[] {1}, "a"), told, 10, TimeUnit.SECONDS);
            assertThat(told.future.get(10, TimeUnit.SECONDS).getPartition()).isEqualTo(new Partition("0-2"));

            Inbox inbox = new Inbox();
            MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("consumer-id", "group"));
            consumer.setSubscriptions(List.of(new Subscription("migrated", 1 << 20, inbox)));
            consumer.completeSubscribe();
            assertThat(inbox.await(1).get(0).getAttribute()).isEqualTo("a");

            InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), broker.port());
            assertThat(sessions.getStats(address).getValue("broker_id")).isEqualTo("0");
            consumer.shutdown();
            producer.shutdown();
            sessions.shutdown();
        }
    }

    @Test
    void aCallBackWithATimeOut() throws Exception {
        try (LiveBroker broker = LiveBroker.start(directory);
                CuttingProxy proxy = new CuttingProxy(broker.port());
                MetaMessageSessionFactory sessions = LiveBroker.connectDirectly(proxy.url())) {
            broker.createTopic("late", 1);
            MessageProducer producer = sessions.createProducer();
            producer.publish("late");
            producer.sendMessage(Inbox.message("late", "first"));
            proxy.refuseAll(true);
            Told told = new Told();
            producer.sendMessage(Inbox.message("late", "second"), told, 200, TimeUnit.MILLISECONDS);
            assertThat(told.future)
                    .failsWithin(10, TimeUnit.SECONDS)
                    .withThrowableThat()
                    .havingCause()
                    .asInstanceOf(InstanceOfAssertFactories.type(SendFailedException.class))
                    .extracting(SendFailedException::outcome)
                    .isEqualTo(SendFailedException.Outcome.UNKNOWN);
            proxy.refuseAll(false);
            producer.flush();
            assertThat(Inbox.texts(broker.browse("late"))).containsExactly("first", "second");
        }
    }
}
