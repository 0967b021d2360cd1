// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.perf;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.SendResult;
import io.metaq.dist.process.BrokerAdmin;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Senders against one topic. Each waits for its acknowledgement before it sends again, or, batched, keeps many unanswered.
 */
public final class ProduceLoad {
    private static final long MAX_LATENCY_NANOS = 60_000_000_000L;
    private static final int DIGITS = 3;
    private static final int MAX_UNANSWERED = 50_000;

    private final PerfTarget target;
    private final int threads;
    private final int payloadBytes;
    private final int partitions;
    private final boolean sync;
    private final boolean batched;
    private final Duration length;

    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile Histogram latency = new ConcurrentHistogram(MAX_LATENCY_NANOS, DIGITS);
    private volatile boolean stopped;

    public ProduceLoad(
            PerfTarget target,
            int threads,
            int payloadBytes,
            int partitions,
            boolean sync,
            boolean batched,
            Duration length) {
        this.target = target;
        this.threads = threads;
        this.payloadBytes = payloadBytes;
        this.partitions = partitions;
        this.sync = sync;
        this.batched = batched;
        this.length = length;
    }

    public LoadResult run() throws BrokerAdmin.AdminException, MetaClientException, InterruptedException {
        String topic = target.newTopic(partitions, sync);
        try (MetaMessageSessionFactory sessions = target.sessions();
                MessageProducer producer = sessions.createProducer()) {
            producer.publish(topic);
            Thread[] senders = new Thread[threads];
            for (int i = 0; i < threads; i++) {
                int seed = i;
                senders[i] = new Thread(() -> send(producer, topic, seed), "perf-sender-" + i);
                senders[i].start();
            }
            Thread.sleep(length.toMillis() / 4);
            LoadResult result = measure();
            stopped = true;
            for (Thread sender : senders) {
                sender.join();
            }
            if (failure.get() != null) {
                throw new MetaClientException(
                        "a sender failed: " + failure.get().getMessage(), failure.get());
            }
            return result;
        } finally {
            stopped = true;
            target.deleteTopic(topic);
        }
    }

    private LoadResult measure() throws BrokerAdmin.AdminException, InterruptedException {
        JsonNode before = target.status();
        long messagesBefore = acknowledged.get();
        latency = new ConcurrentHistogram(MAX_LATENCY_NANOS, DIGITS);
        long begun = System.nanoTime();
        Thread.sleep(length.toMillis());
        long messages = acknowledged.get() - messagesBefore;
        double seconds = (System.nanoTime() - begun) / 1e9;
        Histogram measured = latency.copy();
        JsonNode after = target.status();
        return new LoadResult(
                "produce " + (sync ? "sync" : "async") + (batched ? " batched" : ""),
                threads,
                partitions,
                payloadBytes,
                messages,
                seconds,
                measured,
                after.path("forces").asLong() - before.path("forces").asLong(),
                after.path("forcedRecords").asLong()
                        - before.path("forcedRecords").asLong());
    }

    private void send(MessageProducer producer, String topic, int seed) {
        byte[] data = new byte[payloadBytes];
        new Random(seed).nextBytes(data);
        try {
            if (batched) {
                sendBatched(producer, topic, data);
            } else {
                while (!stopped) {
                    long begun = System.nanoTime();
                    note(producer.send(new Message(topic, data)).join(), begun);
                }
            }
        } catch (InterruptedException | RuntimeException e) {
            failure.compareAndSet(null, e);
        }
    }

    private void sendBatched(MessageProducer producer, String topic, byte[] data) throws InterruptedException {
        Semaphore room = new Semaphore(MAX_UNANSWERED / threads);
        while (!stopped && failure.get() == null) {
            room.acquire();
            long begun = System.nanoTime();
            producer.send(new Message(topic, data)).whenComplete((result, error) -> {
                room.release();
                if (error != null) {
                    failure.compareAndSet(null, error);
                } else {
                    note(result, begun);
                }
            });
        }
        producer.flush();
    }

    private void note(SendResult result, long begunNanos) {
        if (!result.isSuccess()) {
            throw new IllegalStateException(result.getErrorMessage());
        }
        latency.recordValue(Math.min(MAX_LATENCY_NANOS, System.nanoTime() - begunNanos));
        acknowledged.incrementAndGet();
    }
}
