// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.MetaClientException;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendFailedException;
import io.metaq.client.SendResult;
import io.metaq.client.discovery.BrokerDirectory;
import io.metaq.client.discovery.TopicRoute;
import io.metaq.client.net.BrokerLink;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One lane to one partition on one thread, with a clock that is set by hand. Single-threaded. */
final class LaneFixture implements AutoCloseable {
    static final String TOPIC = "topic";

    private final EmbeddedChannel loop = new EmbeddedChannel();
    private final BufferBudget budget = new BufferBudget(1 << 30);
    private final PartitionLane lane;
    private final List<Sent> sent = new ArrayList<>();
    private long nowNanos;

    /** A message and what was told of it. */
    static final class Sent implements Completion {
        final String text;
        SendResult result;
        MetaClientException failure;
        int told;

        Sent(String text) {
            this.text = text;
        }

        @Override
        public void stored(SendResult stored) {
            told++;
            result = stored;
        }

        @Override
        public void failed(MetaClientException why) {
            told++;
            failure = why;
        }

        SendFailedException.Outcome outcome() {
            return failure == null ? null : ((SendFailedException) failure).outcome();
        }
    }

    LaneFixture(ProducerConfig config, BrokerLink link) {
        loop.freezeTime();
        SenderLoop sender = new SenderLoop(loop.eventLoop(), () -> nowNanos);
        BrokerSession session = new BrokerSession(
                0,
                new OneBroker(link),
                url -> link,
                sender,
                config.idempotent(),
                config.requestTimeout().toMillis());
        lane = new PartitionLane(TOPIC, new Partition(0, 0), false, config, session, budget, sender);
    }

    Sent send(String text) {
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        Sent message = new Sent(text);
        sent.add(message);
        try {
            lane.requireTaken(data.length);
        } catch (SendFailedException e) {
            message.failed(e);
            return message;
        }
        try {
            budget.acquire(20 + data.length, 0);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nothing waits here", e);
        }
        lane.append(0, new byte[0], data, message);
        return message;
    }

    /** In the order of sending. */
    List<Sent> sent() {
        return List.copyOf(sent);
    }

    /** Does all that can be done now. */
    void run() {
        loop.runPendingTasks();
    }

    void advance(Duration by) {
        nowNanos += by.toNanos();
        loop.advanceTimeBy(by.toNanos(), TimeUnit.NANOSECONDS);
        loop.runPendingTasks();
    }

    void abandon() {
        lane.abandon();
    }

    long bufferedBytes() {
        return budget.usedBytes();
    }

    @Override
    public void close() {
        loop.close();
    }

    /** Knows one broker and nothing else. */
    private record OneBroker(BrokerLink link) implements BrokerDirectory {
        @Override
        public TopicRoute publishable(String topic) {
            return new TopicRoute(List.of(new Partition(0, 0)), false);
        }

        @Override
        public TopicRoute awaitPublishable(String topic, long nanos) {
            return publishable(topic);
        }

        @Override
        public TopicRoute readable(String topic) {
            return publishable(topic);
        }

        @Override
        public Optional<String> findUrl(int brokerId) {
            return Optional.of(link.url());
        }

        @Override
        public Optional<String> findReadableUrl(int brokerId) {
            return findUrl(brokerId);
        }

        @Override
        public List<String> urls() {
            return List.of(link.url());
        }

        @Override
        public Registration onChange(Runnable listener) {
            return () -> {};
        }

        @Override
        public void close() {}
    }
}
