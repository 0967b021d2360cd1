// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.Collection;
import java.util.concurrent.TimeUnit;

/**
 * Reads topics as a member of a group: each partition is read by one member at a time, and members may be original 1.4
 * clients. Delivery is at least once; offsets are committed every {@code commitOffsetPeriod}, at each rebalance and at close.
 */
public interface MessageConsumer extends AutoCloseable {
    /**
     * Adds a topic; takes effect with {@link #completeSubscribe}.
     *
     * @param maxSize bytes asked for at once, for each partition; a larger message is read all the same
     */
    default MessageConsumer subscribe(String topic, int maxSize, MessageListener listener) throws MetaClientException {
        return subscribe(topic, maxSize, listener, null);
    }

    MessageConsumer subscribe(String topic, int maxSize, MessageListener listener, ConsumerMessageFilter filter)
            throws MetaClientException;

    default void setSubscriptions(Collection<Subscription> subscriptions) throws MetaClientException {
        for (Subscription each : subscriptions) {
            subscribe(each.topic(), each.maxSize(), each.messageListener());
        }
    }

    /** Joins the group and starts reading; blocks until the first share-out was tried. Once for each consumer. */
    void completeSubscribe() throws MetaClientException;

    /**
     * Reads once, without the group. An iterator over whole messages, or null when there is nothing at this offset (yet).
     *
     * @throws InvalidMessageException when what came is damaged
     */
    MessageIterator get(String topic, Partition partition, long offset, int maxSize)
            throws MetaClientException, InterruptedException;

    MessageIterator get(String topic, Partition partition, long offset, int maxSize, long timeout, TimeUnit unit)
            throws MetaClientException, InterruptedException;

    OffsetStorage getOffsetStorage();

    ConsumerConfig getConsumerConfig();

    RejectConsumptionHandler getRejectConsumptionHandler();

    /** Before {@link #completeSubscribe}. */
    void setRejectConsumptionHandler(RejectConsumptionHandler handler);

    /** Stops delivery after the messages in hand, commits, and leaves the group. Blocks. */
    void shutdown() throws MetaClientException;

    @Override
    default void close() throws MetaClientException {
        shutdown();
    }
}
