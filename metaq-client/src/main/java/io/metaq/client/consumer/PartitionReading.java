// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.metaq.client.CommittedOffset;
import io.metaq.client.ConsumerConfig;
import io.metaq.client.ConsumerConfig.InvalidDataPolicy;
import io.metaq.client.ConsumerMessageFilter;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageListener;
import io.metaq.client.Partition;
import io.metaq.client.Partition.Verdict;
import io.metaq.client.RejectConsumptionHandler;
import io.metaq.client.RejectConsumptionHandler.Decision;
import io.metaq.client.consumer.ReadMessages.Read;
import io.metaq.protocol.StatusCode;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition being read: ask, deliver, go on, until stopped. At any time there is one question, one delivery or one pause.
 *
 * <p>Invariants: {@code committable} is never beyond a message that its listener has not finished (or acknowledged, without auto-ack);
 * no message is delivered after {@link #stop} has returned.
 *
 * <p>Threads: steps run on the consumer's threads or the listener's executor, one at a time, under {@code delivering}.
 */
final class PartitionReading {
    private static final Logger log = LoggerFactory.getLogger(PartitionReading.class);
    private static final int LARGEST_READ_BYTES = 16 << 20;
    private static final int DELAY_STEPS = 10;

    /** What a reading needs of its consumer. */
    record Setting(
            ConsumerConfig config,
            MessageListener listener,
            ConsumerMessageFilter filter,
            int maxSize,
            ScheduledExecutorService threads,
            MessageConsumer consumer,
            RejectConsumptionHandler rejectHandler) {}

    /** Asks the partition's broker. */
    interface Source {
        CompletableFuture<ReadAnswer> read(TopicPartition from, long offset, int maxBytes);

        /** The next record boundary at or behind an offset. */
        CompletableFuture<Long> boundary(TopicPartition in, long offset);
    }

    private final TopicPartition name;
    private final Setting setting;
    private final Source source;
    private final Partition bound;
    private final ReentrantLock delivering = new ReentrantLock();

    private volatile boolean stopped;
    private Position next;
    private int maxBytes;
    private int misses;
    private int retries;
    private int partials;
    private Position failedAt;
    private final RecentlyConsumed recent = new RecentlyConsumed();
    private long movedBackFrom;

    // Guarded by "this".
    private long committable;
    private long committableId = Message.NONE;
    private boolean dirty;
    private Position acknowledged;

    PartitionReading(TopicPartition name, long startOffset, Setting setting, Source source) {
        this.name = name;
        this.setting = setting;
        this.source = source;
        this.bound = name.partition().duplicate();
        this.next = Position.at(startOffset);
        this.acknowledged = next;
        this.committable = startOffset;
        this.maxBytes = setting.maxSize();
    }

    TopicPartition name() {
        return name;
    }

    void start() {
        after(0, this::ask);
    }

    /** No more deliveries begin; blocks until the message in hand is done, at most this long. True when it is. */
    boolean stop(long timeoutMs) {
        stopped = true;
        try {
            if (delivering.isHeldByCurrentThread()) {
                return true;
            }
            if (delivering.tryLock(timeoutMs, TimeUnit.MILLISECONDS)) {
                delivering.unlock();
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        log.warn(
                "A listener is still busy with a partition that is given up topic={} partition={}",
                name.topic(),
                name.partition());
        return false;
    }

    /** What is to be committed, if that changed since it was asked last. */
    synchronized Optional<CommittedOffset> takeCommit() {
        if (!dirty) {
            return Optional.empty();
        }
        dirty = false;
        return Optional.of(new CommittedOffset(name.topic(), name.partition(), committable, committableId));
    }

    /** The commit failed: it is to be tried again. */
    synchronized void commitFailed() {
        dirty = true;
    }

    private synchronized void committable(Position position, long id) {
        acknowledged = position;
        if (committable != position.recordOffset()) {
            committable = position.recordOffset();
            committableId = id;
            dirty = true;
        }
    }

    private void after(long delayMs, Runnable step) {
        if (stopped) {
            return;
        }
        try {
            setting.threads.schedule(step, delayMs, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("Not reading on, the consumer is closed topic={} partition={}", name.topic(), name.partition());
        }
    }

    private void ask() {
        if (stopped) {
            return;
        }
        source.read(name, next.recordOffset(), maxBytes).whenComplete((answer, failure) -> {
            try {
                executor().execute(() -> onAnswer(answer, failure));
            } catch (RejectedExecutionException e) {
                if (answer != null) {
                    answer.release();
                }
                after(grownDelayMs(), this::ask);
            }
        });
    }

    private Executor executor() {
        Executor own = setting.listener.getExecutor();
        return own == null ? setting.threads : own;
    }

    private void onAnswer(ReadAnswer answer, Throwable failure) {
        delivering.lock();
        try {
            if (stopped) {
                if (answer != null) {
                    answer.release();
                }
                return;
            }
            if (failure != null) {
                log.debug(
                        "A read failed topic={} partition={} cause={}",
                        name.topic(),
                        name.partition(),
                        failure.toString());
                after(grownDelayMs(), this::ask);
                return;
            }
            decide(answer);
        } catch (RuntimeException e) {
            log.error(
                    "Reading failed and goes on topic={} partition={} offset={}",
                    name.topic(),
                    name.partition(),
                    next.recordOffset(),
                    e);
            after(grownDelayMs(), this::ask);
        } finally {
            delivering.unlock();
        }
    }

    private void decide(ReadAnswer answer) {
        switch (answer.code()) {
            case StatusCode.OK -> onData(answer);
            case StatusCode.MOVED -> onMoved(answer.movedTo());
            case StatusCode.NOT_FOUND -> after(answer.waited() ? 0 : grownDelayMs(), this::ask);
            default -> {
                log.warn(
                        "A broker refuses a read topic={} partition={} offset={} code={} text={}",
                        name.topic(),
                        name.partition(),
                        next.recordOffset(),
                        answer.code(),
                        answer.text());
                after(grownDelayMs(), this::ask);
            }
        }
    }

    private void onMoved(long offset) {
        if (next.recordOffset() != ConsumerConfig.MAX_OFFSET) {
            log.warn(
                    "The broker moves a reading topic={} partition={} from={} to={}",
                    name.topic(),
                    name.partition(),
                    next.recordOffset(),
                    offset);
        }
        movedBackFrom = next.recordOffset() == ConsumerConfig.MAX_OFFSET ? 0 : next.recordOffset();
        next = Position.at(offset);
        committable(next, Message.NONE);
        retries = 0;
        after(grownDelayMs() / DELAY_STEPS, this::ask);
    }

    private void onData(ReadAnswer answer) {
        ReadMessages read;
        try {
            read = ReadMessages.of(name.topic(), bound, answer.data(), next);
        } finally {
            answer.release();
        }
        if (!read.messages().isEmpty()) {
            misses = 0;
            partials = 0;
            maxBytes = setting.maxSize;
            deliver(read);
        } else if (read.damage() != null) {
            onDamage(read.damage());
        } else {
            onPartial();
        }
    }

    private void onPartial() {
        partials++;
        if (partials > 1 || setting.maxSize < LARGEST_READ_BYTES) {
            maxBytes = Math.min(LARGEST_READ_BYTES, maxBytes * 2);
        }
        after(maxBytes == LARGEST_READ_BYTES ? grownDelayMs() : 0, this::ask);
    }

    private void onDamage(String damage) {
        if (setting.config.getInvalidDataPolicy() == InvalidDataPolicy.STOP) {
            log.error(
                    "Damaged data, not delivered; the partition waits topic={} partition={} damage={}",
                    name.topic(),
                    name.partition(),
                    damage);
            after(grownDelayMs(), this::ask);
            return;
        }
        source.boundary(name, next.recordOffset() + 1).whenComplete((boundary, failure) -> {
            if (failure == null && boundary > next.recordOffset()) {
                log.error(
                        "Damaged data, skipped topic={} partition={} damage={} next={}",
                        name.topic(),
                        name.partition(),
                        damage,
                        boundary);
                next = Position.at(boundary);
                committable(next, Message.NONE);
            }
            after(grownDelayMs(), this::ask);
        });
    }

    private void deliver(ReadMessages read) {
        for (Read each : read.messages()) {
            if (stopped) {
                return;
            }
            Position before = next;
            if (!isRepeated(each.message()) && !consume(each.message())) {
                onRefused(each, before);
                return;
            }
            recent.add(each.message().getId());
            next = each.next();
            failedAt = null;
            retries = 0;
            if (bound.isAutoAck()) {
                committable(next, each.message().getId());
            } else if (!applyVerdict(each)) {
                return;
            }
        }
        after(0, this::ask);
    }

    /**
     * Whether a message was consumed already before the broker moved this reading back. An original broker hands out what it
     * has not forced yet, and in the next answer says that the log ends before it.
     */
    private boolean isRepeated(Message message) {
        return message.getOffset() < movedBackFrom && recent.contains(message.getId());
    }

    /** False: rolled back, and going on from the last acknowledged message. */
    private boolean applyVerdict(Read each) {
        Verdict verdict = bound.takeVerdict();
        if (verdict == Verdict.ACK) {
            committable(next, each.message().getId());
        } else if (verdict == Verdict.ROLLBACK) {
            synchronized (this) {
                next = acknowledged;
            }
            movedBackFrom = 0;
            after(grownDelayMs(), this::ask);
            return false;
        }
        return true;
    }

    private boolean consume(Message message) {
        if (setting.filter != null && !accepts(message)) {
            return true;
        }
        try {
            setting.listener.recieveMessages(message);
            return !message.isRollbackOnly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (RuntimeException e) {
            log.warn(
                    "A listener failed, the message comes again topic={} partition={} offset={}",
                    name.topic(),
                    name.partition(),
                    message.getOffset(),
                    e);
            return false;
        }
    }

    private boolean accepts(Message message) {
        try {
            return setting.filter.accept(setting.config.getGroup(), message);
        } catch (RuntimeException e) {
            log.warn(
                    "A filter failed, the message is passed over topic={} partition={} offset={}",
                    name.topic(),
                    name.partition(),
                    message.getOffset(),
                    e);
            return false;
        }
    }

    private void onRefused(Read refused, Position at) {
        retries = at.equals(failedAt) ? retries + 1 : 1;
        failedAt = at;
        if (retries > setting.config.getMaxFetchRetries() && isGivenUp(refused.message())) {
            next = refused.next();
            retries = 0;
            if (bound.isAutoAck()) {
                committable(next, refused.message().getId());
            }
            after(0, this::ask);
            return;
        }
        long steps = Math.min(DELAY_STEPS, retries);
        after(steps * setting.config.getMaxDelayFetchTimeInMills() / DELAY_STEPS, this::ask);
    }

    private boolean isGivenUp(Message message) {
        try {
            return setting.rejectHandler.rejectConsumption(message, setting.consumer) == Decision.SKIP;
        } catch (RuntimeException e) {
            log.error(
                    "A reject handler failed, the message comes again topic={} partition={} offset={}",
                    name.topic(),
                    name.partition(),
                    message.getOffset(),
                    e);
            return false;
        }
    }

    private long grownDelayMs() {
        misses = Math.min(DELAY_STEPS, misses + 1);
        return misses * setting.config.getMaxDelayFetchTimeInMills() / DELAY_STEPS;
    }
}
