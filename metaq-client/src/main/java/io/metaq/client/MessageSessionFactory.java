// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Makes producers, consumers and browsers that share one connection to each broker. Thread-safe; one for an application. */
public interface MessageSessionFactory extends AutoCloseable {
    /** Messages with a key by its hash, others round robin. */
    MessageProducer createProducer();

    MessageProducer createProducer(PartitionSelector selector);

    MessageProducer createProducer(ProducerConfig config);

    MessageProducer createProducer(ProducerConfig config, PartitionSelector selector);

    /** Offsets in ZooKeeper, as MetaQ 1.4 keeps them. */
    MessageConsumer createConsumer(ConsumerConfig config);

    MessageConsumer createConsumer(ConsumerConfig config, OffsetStorage offsetStorage);

    TopicBrowser createTopicBrowser(String topic);

    TopicBrowser createTopicBrowser(String topic, int maxSize, long timeout, TimeUnit unit);

    /** Figures of every broker. */
    default Map<InetSocketAddress, StatsResult> getStats() throws InterruptedException {
        return getStats("");
    }

    /** @param item empty for the general figures */
    Map<InetSocketAddress, StatsResult> getStats(String item) throws InterruptedException;

    /** General figures of one broker. */
    default StatsResult getStats(InetSocketAddress target) throws MetaClientException, InterruptedException {
        return getStats(target, "");
    }

    /** @param item empty for the general figures */
    StatsResult getStats(InetSocketAddress target, String item) throws MetaClientException, InterruptedException;

    /** What can be read, by broker id and number; empty when no broker has the topic. */
    List<Partition> getPartitionsForTopic(String topic);

    /** Closes what it made, then connections and threads. Idempotent. */
    void shutdown() throws MetaClientException;

    @Override
    default void close() throws MetaClientException {
        shutdown();
    }
}
