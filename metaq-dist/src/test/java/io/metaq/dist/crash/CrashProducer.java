// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendFailedException;
import io.metaq.client.SendResult;
import io.metaq.dist.process.BrokerProcess;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * An idempotent producer with a connection of its own, that sends to random partitions as fast as a window of unanswered
 * messages lets it, and tells the checker everything.
 */
final class CrashProducer implements AutoCloseable {
    private static final long ANSWER_SECONDS = 90;

    private final int number;
    private final HistoryChecker checker;
    private final Supplier<List<Lane>> lanes;
    private final SplittableRandom random;
    private final int window;
    private final Semaphore room;
    private final MetaMessageSessionFactory sessions;
    private final MessageProducer producer;
    private final Set<String> published = new HashSet<>();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile boolean abandoned;
    private volatile Throwable failure;

    /**
     * Sends from now on.
     *
     * @param lanes where to; may grow
     */
    CrashProducer(
            int number,
            String url,
            HistoryChecker checker,
            Supplier<List<Lane>> lanes,
            SplittableRandom random,
            ProducerConfig.Builder config)
            throws MetaClientException {
        this.number = number;
        this.checker = checker;
        this.lanes = lanes;
        this.random = random;
        this.window = 1 << random.nextInt(0, 7); // one that waits for each answer, up to one that fills batches
        this.room = new Semaphore(window);
        this.sessions = new MetaMessageSessionFactory(
                MetaClientConfig.builder().serverUrl(url).build());
        this.producer = sessions.createProducer(
                config.closeTimeout(Duration.ofMillis(20)).build());
        this.thread = new Thread(this::send, "crash-producer-" + number);
        thread.start();
    }

    private void send() {
        try {
            while (!stopped) {
                room.acquire();
                if (stopped) {
                    room.release();
                } else {
                    sendNext();
                }
            }
        } catch (InterruptedException e) {
            fail(e);
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private void sendNext() {
        List<Lane> now = lanes.get();
        Lane lane = now.get(random.nextInt(now.size()));
        if (published.add(lane.topic())) {
            producer.publish(lane.topic());
        }
        int sequence = checker.sending(number, lane);
        Message message = Message.builder(lane.topic())
                .data(new NumberedPayload(number, sequence).encode())
                .partition(new Partition(BrokerProcess.BROKER_ID, lane.partition()))
                .build();
        producer.send(message).whenComplete((result, error) -> {
            note(sequence, result, error);
            room.release();
        });
    }

    private void note(int sequence, SendResult result, Throwable error) {
        if (error == null && result.getDurability() == SendResult.Durability.FLUSHED) {
            checker.acknowledged(number, sequence, result.getOffset());
        } else if (error == null) {
            fail(new IllegalStateException("an acknowledgement of a sync topic says " + result));
        } else {
            if (error instanceof SendFailedException told && told.outcome() == SendFailedException.Outcome.NOT_STORED) {
                checker.refused(number, sequence);
            }
            fail(error);
        }
    }

    /** Only a producer that is being abandoned may see a message fail: every outage is shorter than the delivery time-out. */
    private void fail(Throwable cause) {
        if (!abandoned && failure == null) {
            failure = cause;
        }
    }

    /** What went wrong although the broker always came back; null when nothing did. */
    Throwable failure() {
        return failure;
    }

    /** Sends no more, and waits for every answer. */
    void finish() throws InterruptedException, TimeoutException {
        stopped = true;
        if (!room.tryAcquire(window, ANSWER_SECONDS, TimeUnit.SECONDS)) {
            throw new TimeoutException("producer " + number + " has " + (window - room.availablePermits())
                    + " messages without an answer");
        }
        room.release(window);
        thread.join();
    }

    /** Gives up what is unanswered, as a process that ends does. */
    void abandon() throws MetaClientException, InterruptedException {
        abandoned = true;
        stopped = true;
        thread.interrupt();
        thread.join();
        close();
    }

    @Override
    public void close() throws MetaClientException {
        abandoned = true;
        stopped = true;
        producer.close();
        sessions.close();
    }
}
