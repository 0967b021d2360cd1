// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.BufferFullException;
import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientException;
import io.metaq.client.Partition;
import io.metaq.client.PartitionSelector;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendFailedException;
import io.metaq.client.SendMessageCallback;
import io.metaq.client.SendResult;
import io.metaq.client.discovery.BrokerDirectory;
import io.metaq.client.discovery.TopicRoute;
import io.metaq.client.net.BrokerLink;
import io.metaq.protocol.HeaderField;
import io.metaq.protocol.ProtocolLimits;
import io.metaq.protocol.StatusCode;
import io.metaq.record.Attributes;
import io.metaq.record.RecordLayout;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The producer: chooses a partition, acquires room, appends to the partition's lane. */
public final class BatchingProducer implements MessageProducer {
    private static final Logger log = LoggerFactory.getLogger(BatchingProducer.class);
    private static final byte[] NO_ATTRIBUTES = new byte[0];
    /** What a broker's default settings take, less some room for what a batch that does not compress grows by. */
    private static final int MOST_RECORD_BYTES = ProtocolLimits.DEFAULT.maxBodyBytes() - (64 << 10);

    private final ProducerConfig config;
    private final PartitionSelector selector;
    private final BrokerDirectory directory;
    private final Function<String, BrokerLink> links;
    private final Consumer<? super BatchingProducer> onClosed;
    private final BufferBudget budget;
    private final SenderLoop sender;
    private final Map<String, Map<Partition, PartitionLane>> lanes = new ConcurrentHashMap<>();
    private final Map<Integer, BrokerSession> brokers = new ConcurrentHashMap<>();
    private final Set<String> published = ConcurrentHashMap.newKeySet();
    private volatile String defaultTopic;
    private volatile boolean closed;

    /**
     * Starts nothing yet.
     *
     * @param loop where its work is done, and call-backs come
     * @param onClosed told once, when it is closed and nothing of it runs any more
     */
    public BatchingProducer(
            ProducerConfig config,
            PartitionSelector selector,
            BrokerDirectory directory,
            Function<String, BrokerLink> links,
            EventExecutor loop,
            Consumer<? super BatchingProducer> onClosed) {
        this.config = config;
        this.selector = selector;
        this.directory = directory;
        this.links = links;
        this.onClosed = onClosed;
        this.budget = new BufferBudget(config.bufferBytes());
        this.sender = new SenderLoop(loop, System::nanoTime);
    }

    @Override
    public void publish(String topic) {
        if (closed) {
            throw new IllegalStateException("the producer is closed");
        }
        HeaderField.require("topic", topic);
        directory.publishable(topic);
        published.add(topic);
    }

    @Override
    public void setDefaultTopic(String topic) {
        publish(topic);
        defaultTopic = topic;
    }

    @Override
    public CompletableFuture<SendResult> send(Message message) {
        PendingSend pending = new PendingSend(message);
        dispatch(message, pending);
        return pending;
    }

    @Override
    public void sendMessage(Message message, SendMessageCallback callback) {
        dispatch(message, new CallbackSend(message, callback));
    }

    @Override
    public void sendMessage(Message message, SendMessageCallback callback, long timeout, TimeUnit unit) {
        CallbackSend waiter = new CallbackSend(message, callback);
        send(message).orTimeout(timeout, unit).whenComplete((result, failure) -> {
            if (failure == null) {
                waiter.stored(result);
            } else if (failure instanceof TimeoutException late) {
                waiter.failed(unanswered(message, timeout, unit, late));
            } else {
                waiter.failed((MetaClientException) failure);
            }
        });
    }

    private static SendFailedException unanswered(
            Message message, long timeout, TimeUnit unit, TimeoutException cause) {
        return new SendFailedException(
                "no answer within " + unit.toMillis(timeout) + " ms for " + message,
                SendFailedException.Outcome.UNKNOWN,
                0,
                cause);
    }

    @Override
    public SendResult sendMessage(Message message) throws MetaClientException, InterruptedException {
        long most = config.maxBlock()
                .plus(config.deliveryTimeout())
                .plus(config.requestTimeout())
                .toMillis();
        return sendMessage(message, most, TimeUnit.MILLISECONDS);
    }

    @Override
    public SendResult sendMessage(Message message, long timeout, TimeUnit unit)
            throws MetaClientException, InterruptedException {
        if (sender.isOnLoop()) {
            throw new IllegalStateException(
                    "a call-back cannot wait for an answer, because it runs on the thread that brings it; use send()");
        }
        try {
            return send(message).get(timeout, unit);
        } catch (TimeoutException e) {
            throw unanswered(message, timeout, unit, e);
        } catch (ExecutionException e) {
            return failed(message, e.getCause());
        }
    }

    private static SendResult failed(Message message, Throwable cause) throws MetaClientException {
        if (cause instanceof SendFailedException refused && refused.statusCode() != 0) {
            String text = refused.statusCode() == StatusCode.FORBIDDEN ? "403" : refused.getMessage();
            return SendResult.failed(message.getPartition(), text);
        }
        if (cause instanceof MetaClientException known) {
            throw known;
        }
        throw new MetaClientException("could not send " + message, cause);
    }

    private void dispatch(Message message, Completion waiter) {
        try {
            PartitionLane lane = chooseLane(message);
            append(lane, message, waiter);
        } catch (MetaClientException e) {
            waiter.failed(e);
        } catch (RuntimeException e) {
            // Mostly a selector's own; whoever holds the future or the call-back is to be told, and nobody else.
            waiter.failed(new MetaClientException("can't send " + message + ": " + e.getMessage(), e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            waiter.failed(new MetaClientException("interrupted before sending " + message, e));
        }
    }

    private PartitionLane chooseLane(Message message) throws MetaClientException, InterruptedException {
        requireOpen();
        String topic = message.getTopic();
        String routed = published.contains(topic) ? topic : defaultTopic;
        if (routed == null) {
            throw new MetaClientException(
                    "topic " + topic + " is not published; call publish(\"" + topic + "\") first");
        }
        TopicRoute route = directory.publishable(routed);
        if (route.partitions().isEmpty()) {
            route = directory.awaitPublishable(routed, mostBlockNanos());
        }
        if (route.partitions().isEmpty()) {
            throw new MetaClientException("there is no available broker for topic " + routed + " after "
                    + config.maxBlock().toMillis() + " ms");
        }
        Partition partition = message.getPartition() != null
                ? message.getPartition()
                : selector.getPartition(topic, route.partitions(), message);
        if (partition == null) {
            throw new MetaClientException("the partition selector chose nothing for " + message);
        }
        return lane(topic, partition, route);
    }

    /** A call-back runs on the thread that frees the buffer and hears of partitions, so it must not wait for them. */
    private long mostBlockNanos() {
        return sender.isOnLoop() ? 0 : config.maxBlock().toNanos();
    }

    private PartitionLane lane(String topic, Partition partition, TopicRoute route) {
        Map<Partition, PartitionLane> ofTopic = lanes.computeIfAbsent(topic, t -> new ConcurrentHashMap<>());
        PartitionLane lane = ofTopic.get(partition);
        return lane != null
                ? lane
                : ofTopic.computeIfAbsent(
                        partition,
                        fresh -> new PartitionLane(
                                topic, fresh.duplicate(), route.wrapsBatches(), config, broker(fresh), budget, sender));
    }

    private BrokerSession broker(Partition partition) {
        // A broker that chooses the partition itself (number -1) gets plain puts, so it needs a session of its own.
        int key = partition.getPartition() < 0 ? -1 : partition.getBrokerId();
        return brokers.computeIfAbsent(
                key,
                id -> new BrokerSession(
                        id,
                        directory,
                        links,
                        sender,
                        config.idempotent(),
                        config.requestTimeout().toMillis()));
    }

    private void append(PartitionLane lane, Message message, Completion waiter)
            throws MetaClientException, InterruptedException {
        int flag = 0;
        byte[] attributes = NO_ATTRIBUTES;
        if (message.hasAttribute()
                || message.getKey() != null
                || !message.getHeaders().isEmpty()) {
            Attributes told = new Attributes(message.getAttribute(), message.getKey(), message.getHeaders());
            flag = told.flag();
            attributes = told.encode();
        }
        byte[] data = message.getData();
        int recordBytes = RecordLayout.recordBytes(attributes.length + data.length);
        if (recordBytes > MOST_RECORD_BYTES) {
            throw new SendFailedException(
                    "a message of " + recordBytes + " bytes is too large, at most " + MOST_RECORD_BYTES
                            + " fit into a request: " + message,
                    SendFailedException.Outcome.NOT_STORED,
                    0,
                    null);
        }
        lane.requireTaken(attributes.length + data.length);
        if (!budget.acquire(recordBytes, mostBlockNanos())) {
            throw new BufferFullException("the buffer of " + config.bufferBytes() + " bytes had no room for "
                    + recordBytes + " within " + config.maxBlock().toMillis() + " ms");
        }
        if (closed || !lane.append(flag, attributes, data, waiter)) {
            budget.release(recordBytes);
            throw closedFailure();
        }
    }

    private void requireOpen() throws MetaClientException {
        if (closed) {
            throw closedFailure();
        }
    }

    private static MetaClientException closedFailure() {
        return new MetaClientException("the producer is closed");
    }

    @Override
    public void flush() throws InterruptedException {
        List<CompletableFuture<Void>> waits = new ArrayList<>();
        forEachLane(lane -> {
            lane.sealForFlush();
            lane.unsettled().forEach(batch -> waits.add(batch.settled()));
        });
        awaitAll(waits, Long.MAX_VALUE);
    }

    private static boolean awaitAll(List<CompletableFuture<Void>> waits, long timeoutMs) throws InterruptedException {
        try {
            CompletableFuture.allOf(waits.toArray(new CompletableFuture<?>[0])).get(timeoutMs, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a batch settles without an exception", e);
        }
    }

    private void forEachLane(Consumer<PartitionLane> action) {
        lanes.values().forEach(ofTopic -> ofTopic.values().forEach(action));
    }

    @Override
    public PartitionSelector getPartitionSelector() {
        return selector;
    }

    /** How much of the buffer is taken. */
    public long bufferedBytes() {
        return budget.usedBytes();
    }

    @Override
    public synchronized void shutdown() throws MetaClientException {
        if (closed) {
            return;
        }
        closed = true;
        List<CompletableFuture<Void>> waits = new ArrayList<>();
        forEachLane(lane -> {
            lane.close();
            lane.unsettled().forEach(batch -> waits.add(batch.settled()));
        });
        try {
            if (!awaitAll(waits, config.closeTimeout().toMillis())) {
                abandon();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MetaClientException("interrupted while closing; unanswered messages may be stored or not", e);
        } finally {
            onClosed.accept(this);
        }
    }

    private void abandon() throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        sender.post(() -> {
            forEachLane(PartitionLane::abandon);
            done.countDown();
        });
        done.await(1, TimeUnit.SECONDS);
    }

    /** A future that also tells the message where it was stored. */
    private static final class PendingSend extends CompletableFuture<SendResult> implements Completion {
        private final Message message;

        PendingSend(Message message) {
            this.message = message;
        }

        @Override
        public void stored(SendResult result) {
            message.storedAt(result.getPartition(), result.getMessageId(), result.getOffset());
            complete(result);
        }

        @Override
        public void failed(MetaClientException why) {
            completeExceptionally(why);
        }
    }

    private record CallbackSend(Message message, SendMessageCallback callback) implements Completion {
        @Override
        public void stored(SendResult result) {
            message.storedAt(result.getPartition(), result.getMessageId(), result.getOffset());
            tell(() -> callback.onMessageSent(result));
        }

        /** A call-back that throws must not keep the other messages of its batch from being told. */
        private static void tell(Runnable call) {
            try {
                call.run();
            } catch (RuntimeException e) {
                log.error("A send call-back failed", e);
            }
        }

        @Override
        public void failed(MetaClientException why) {
            if (why instanceof SendFailedException refused && refused.statusCode() != 0) {
                tell(() -> callback.onMessageSent(SendResult.failed(message.getPartition(), why.getMessage())));
            } else {
                tell(() -> callback.onException(why));
            }
        }
    }
}
