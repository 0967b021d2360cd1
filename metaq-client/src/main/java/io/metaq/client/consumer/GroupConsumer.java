// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.metaq.client.CommittedOffset;
import io.metaq.client.ConsumerConfig;
import io.metaq.client.ConsumerMessageFilter;
import io.metaq.client.InvalidMessageException;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MessageListener;
import io.metaq.client.MetaClientException;
import io.metaq.client.OffsetStorage;
import io.metaq.client.Partition;
import io.metaq.client.RejectConsumptionHandler;
import io.metaq.client.consumer.ReadMessages.Read;
import io.metaq.client.discovery.BrokerDirectory;
import io.metaq.client.discovery.ZkPaths;
import io.metaq.client.net.BrokerFailureException;
import io.metaq.client.net.BrokerLink;
import io.metaq.protocol.HeaderField;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The consumer: subscriptions, the partitions it reads now, and their commits. */
public final class GroupConsumer implements MessageConsumer {
    private static final Logger log = LoggerFactory.getLogger(GroupConsumer.class);
    private static final AtomicInteger COUNTER = new AtomicInteger();
    private static final long STOP_TIMEOUT_MS = 30_000;
    private static final long DIRECT_LOOK_MS = 5_000;
    private static final int MOST_PULL_BYTES = 16 << 20;

    private record Subscribed(int maxSize, MessageListener listener, ConsumerMessageFilter filter) {}

    /**
     * Where the group lives.
     *
     * @param zookeeper null in direct mode, as {@code paths}
     * @param onClosed told once, when the consumer is closed and nothing of it runs any more
     */
    public record Surroundings(
            BrokerDirectory directory,
            Function<String, BrokerLink> links,
            CuratorFramework zookeeper,
            ZkPaths paths,
            long rebalancePauseMs,
            Consumer<? super GroupConsumer> onClosed) {}

    private final ConsumerConfig config;
    private final OffsetStorage offsets;
    private final Surroundings around;
    private final ScheduledExecutorService threads;
    private final Map<String, Subscribed> subscriptions = new ConcurrentHashMap<>();
    private final Map<TopicPartition, PartitionReading> readings = new ConcurrentHashMap<>();
    private final Map<String, BrokerReader> brokers = new ConcurrentHashMap<>();
    private RejectConsumptionHandler rejectHandler = (message, consumer) -> {
        log.error("A message can't be consumed, its partition waits message={}", message);
        return RejectConsumptionHandler.Decision.RETRY;
    };
    private final PartitionReading.Source source = new PartitionReading.Source() {
        @Override
        public CompletableFuture<ReadAnswer> read(TopicPartition from, long offset, int maxBytes) {
            return GroupConsumer.this.read(from, offset, maxBytes);
        }

        @Override
        public CompletableFuture<Long> boundary(TopicPartition in, long offset) {
            return GroupConsumer.this.boundary(in, offset);
        }
    };
    private GroupMembership membership;
    private boolean started;
    private volatile boolean closed;

    /** @param offsets null in direct mode: nothing is committed */
    public GroupConsumer(ConsumerConfig config, OffsetStorage offsets, Surroundings around) {
        this.config = config;
        this.offsets = offsets;
        this.around = around;
        AtomicInteger number = new AtomicInteger();
        this.threads = Executors.newScheduledThreadPool(config.getFetchRunnerCount(), work -> {
            Thread named = new Thread(work, "metaq-consumer-" + number.getAndIncrement());
            named.setDaemon(true);
            return named;
        });
    }

    @Override
    public synchronized MessageConsumer subscribe(
            String topic, int maxSize, MessageListener listener, ConsumerMessageFilter filter)
            throws MetaClientException {
        requireOpen();
        if (started) {
            throw new MetaClientException("subscribe to " + topic + " before completeSubscribe");
        }
        HeaderField.require("topic", topic);
        if (maxSize <= 0) {
            throw new MetaClientException("maxSize = " + maxSize + " for " + topic + "; expected at least 1");
        }
        if (subscriptions.putIfAbsent(topic, new Subscribed(maxSize, listener, filter)) != null) {
            throw new MetaClientException("topic " + topic + " is subscribed already");
        }
        return this;
    }

    @Override
    public synchronized void completeSubscribe() throws MetaClientException {
        requireOpen();
        if (started) {
            throw new MetaClientException("completeSubscribe was called already");
        }
        if (config.getGroup() == null) {
            throw new MetaClientException("a consumer that subscribes needs a group");
        }
        started = true;
        long period = config.getCommitOffsetPeriodInMills();
        threads.scheduleWithFixedDelay(
                () -> commit(List.copyOf(readings.values())), period, period, TimeUnit.MILLISECONDS);
        if (around.zookeeper() == null) {
            startDirect();
            return;
        }
        String id = config.getGroup() + "_" + (config.getConsumerId() == null ? newId() : config.getConsumerId());
        membership = new GroupMembership(
                around.zookeeper(),
                around.paths(),
                around.directory(),
                config.getGroup(),
                id,
                List.copyOf(subscriptions.keySet()),
                new GroupMembership.Reader() {
                    @Override
                    public void begin(TopicPartition partition) throws MetaClientException, InterruptedException {
                        GroupConsumer.this.begin(partition);
                    }

                    @Override
                    public void giveUp(Set<TopicPartition> partitions) {
                        GroupConsumer.this.giveUp(partitions);
                    }
                },
                around.rebalancePauseMs());
        try {
            membership.join();
        } catch (Exception e) {
            throw new MetaClientException("could not join group " + config.getGroup(), e);
        }
    }

    private void startDirect() throws MetaClientException {
        try {
            beginDirectly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MetaClientException("interrupted while subscribing to " + subscriptions.keySet(), e);
        }
        if (config.getPartition() == null) {
            threads.scheduleWithFixedDelay(
                    this::lookForPartitions, DIRECT_LOOK_MS, DIRECT_LOOK_MS, TimeUnit.MILLISECONDS);
        }
    }

    /** Nobody tells a direct consumer of partitions that were added, or of a topic that was made. */
    private void lookForPartitions() {
        try {
            beginDirectly();
        } catch (MetaClientException e) {
            log.warn("Could not begin to read, trying again later cause={}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void beginDirectly() throws MetaClientException, InterruptedException {
        for (String topic : subscriptions.keySet()) {
            List<Partition> partitions = config.getPartition() != null
                    ? List.of(config.getPartition())
                    : around.directory().readable(topic).partitions();
            for (Partition partition : partitions) {
                TopicPartition name = new TopicPartition(topic, partition);
                if (!readings.containsKey(name)) {
                    begin(name);
                }
            }
        }
    }

    private static String newId() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostAddress();
        } catch (UnknownHostException e) {
            host = InetAddress.getLoopbackAddress().getHostAddress();
        }
        return host + "-" + ManagementFactory.getRuntimeMXBean().getPid() + "-" + System.currentTimeMillis() + "-"
                + COUNTER.incrementAndGet();
    }

    private void begin(TopicPartition partition) throws MetaClientException, InterruptedException {
        Subscribed subscribed = subscriptions.get(partition.topic());
        long offset = startOffset(partition);
        PartitionReading reading = new PartitionReading(
                partition,
                offset,
                new PartitionReading.Setting(
                        config,
                        subscribed.listener,
                        subscribed.filter,
                        subscribed.maxSize,
                        threads,
                        this,
                        rejectHandler),
                source);
        readings.put(partition, reading);
        reading.start();
        log.info(
                "Reading topic={} partition={} group={} from={}",
                partition.topic(),
                partition.partition(),
                config.getGroup(),
                offset);
    }

    private long startOffset(TopicPartition partition) throws MetaClientException, InterruptedException {
        if (config.isAlwaysConsumeFromMaxOffset()) {
            return ConsumerConfig.MAX_OFFSET;
        }
        Optional<CommittedOffset> committed = offsets == null
                ? Optional.empty()
                : offsets.load(partition.topic(), config.getGroup(), partition.partition());
        if (committed.isPresent()) {
            return committed.get().offset();
        }
        return config.getStartTime() == null ? config.getOffset() : seek(partition);
    }

    private long seek(TopicPartition partition) throws MetaClientException, InterruptedException {
        long timestampMs = config.getStartTime().toEpochMilli();
        return await(
                link(partition.partition())
                        .ask(
                                opaque -> new Request.Seek(
                                        partition.topic(), partition.partition().getPartition(), timestampMs, opaque),
                                config.getFetchTimeoutInMills())
                        .thenApply(GroupConsumer::decimal),
                config.getFetchTimeoutInMills());
    }

    private static long decimal(Reply reply) {
        if (reply instanceof Reply.Result result && result.isOk()) {
            return Long.parseLong(result.body().strip());
        }
        throw new IllegalStateException("the broker gave no offset: " + reply);
    }

    private BrokerLink link(Partition partition) throws MetaClientException {
        return findLink(partition)
                .orElseThrow(
                        () -> new MetaClientException("no address is known for the broker of partition " + partition));
    }

    private Optional<BrokerLink> findLink(Partition partition) {
        return around.directory().findReadableUrl(partition.getBrokerId()).map(around.links());
    }

    private static <T> T await(CompletableFuture<T> future, long timeoutMs)
            throws MetaClientException, InterruptedException {
        try {
            return future.get(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new MetaClientException(
                    "a broker could not be asked: " + e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            // Cancelled, an answer that still comes is given back where it arrives; if it came just now it is not late.
            if (!future.cancel(false) && !future.isCompletedExceptionally()) {
                return future.join();
            }
            throw new MetaClientException("a broker did not answer within " + timeoutMs + " ms", e);
        } finally {
            future.cancel(false);
        }
    }

    private void giveUp(Set<TopicPartition> partitions) {
        List<PartitionReading> given = new ArrayList<>();
        for (TopicPartition each : partitions) {
            PartitionReading reading = readings.remove(each);
            if (reading != null) {
                given.add(reading);
            }
        }
        given.forEach(reading -> reading.stop(STOP_TIMEOUT_MS));
        commit(given);
    }

    private void commit(List<PartitionReading> from) {
        if (offsets == null) {
            return;
        }
        for (PartitionReading reading : from) {
            Optional<CommittedOffset> commit = reading.takeCommit();
            if (commit.isPresent()) {
                try {
                    offsets.commitOffset(config.getGroup(), List.of(commit.get()));
                } catch (MetaClientException e) {
                    reading.commitFailed();
                    log.warn(
                            "A commit failed, trying again at the next one group={} cause={}",
                            config.getGroup(),
                            e.toString());
                }
            }
        }
    }

    private CompletableFuture<ReadAnswer> read(TopicPartition from, long offset, int maxBytes) {
        return findLink(from.partition())
                .map(link -> brokers.computeIfAbsent(
                                link.url(),
                                url -> new BrokerReader(
                                        link,
                                        group(),
                                        (int) config.getMaxWaitMs(),
                                        config.getFetchTimeoutInMills(),
                                        threads))
                        .read(from.topic(), from.partition(), offset, maxBytes))
                .orElseGet(() -> CompletableFuture.failedFuture(new BrokerFailureException(
                        "no address is known for the broker of partition " + from.partition(), false, null)));
    }

    private String group() {
        return config.getGroup() == null ? "metaq-reader" : config.getGroup();
    }

    private CompletableFuture<Long> boundary(TopicPartition in, long offset) {
        return findLink(in.partition())
                .map(link -> link.ask(
                                opaque -> new Request.Offset(
                                        in.topic(), group(), in.partition().getPartition(), offset, opaque),
                                config.getFetchTimeoutInMills())
                        .thenApply(GroupConsumer::decimal))
                .orElseGet(() -> CompletableFuture.failedFuture(new BrokerFailureException(
                        "no address is known for the broker of partition " + in.partition(), false, null)));
    }

    @Override
    public MessageIterator get(String topic, Partition partition, long offset, int maxSize)
            throws MetaClientException, InterruptedException {
        return get(topic, partition, offset, maxSize, config.getFetchTimeoutInMills(), TimeUnit.MILLISECONDS);
    }

    @Override
    public MessageIterator get(String topic, Partition partition, long offset, int maxSize, long timeout, TimeUnit unit)
            throws MetaClientException, InterruptedException {
        requireOpen();
        HeaderField.require("topic", topic);
        BrokerReader once = new BrokerReader(link(partition), group(), 0, unit.toMillis(timeout), Runnable::run);
        ReadAnswer answer = await(once.read(topic, partition, offset, maxSize), unit.toMillis(timeout));
        if (answer.data() == null) {
            return answerWithoutData(answer, topic, partition, offset);
        }
        ReadMessages read;
        try {
            read = ReadMessages.of(topic, partition, answer.data(), Position.at(offset));
        } finally {
            answer.release();
        }
        if (read.messages().isEmpty()) {
            if (read.damage() != null) {
                throw new InvalidMessageException(topic + " " + partition + ": " + read.damage(), null);
            }
            return maxSize >= MOST_PULL_BYTES ? null : get(topic, partition, offset, maxSize * 2, timeout, unit);
        }
        List<Message> messages = read.messages().stream().map(Read::message).toList();
        Position last = read.messages().get(messages.size() - 1).next();
        return new MessageIterator(messages, last.recordOffset());
    }

    private void requireOpen() throws MetaClientException {
        if (closed) {
            throw new MetaClientException("the consumer is closed");
        }
    }

    private static MessageIterator answerWithoutData(ReadAnswer answer, String topic, Partition partition, long offset)
            throws MetaClientException {
        return switch (answer.code()) {
            case StatusCode.NOT_FOUND, StatusCode.FORBIDDEN, StatusCode.MOVED -> null;
            default ->
                throw new MetaClientException("could not read " + topic + " " + partition + " at " + offset + ": "
                        + answer.code() + " " + answer.text());
        };
    }

    @Override
    public OffsetStorage getOffsetStorage() {
        return offsets;
    }

    @Override
    public ConsumerConfig getConsumerConfig() {
        return config;
    }

    @Override
    public synchronized RejectConsumptionHandler getRejectConsumptionHandler() {
        return rejectHandler;
    }

    @Override
    public synchronized void setRejectConsumptionHandler(RejectConsumptionHandler handler) {
        if (started) {
            throw new IllegalStateException("set the reject handler before completeSubscribe");
        }
        rejectHandler = handler;
    }

    @Override
    public synchronized void shutdown() throws MetaClientException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (membership != null) {
                membership.leave();
            } else {
                giveUp(Set.copyOf(readings.keySet()));
            }
        } catch (Exception e) {
            throw new MetaClientException("could not leave group " + config.getGroup() + " in order", e);
        } finally {
            threads.shutdownNow();
            if (offsets != null) {
                offsets.close();
            }
            around.onClosed().accept(this);
        }
    }
}
