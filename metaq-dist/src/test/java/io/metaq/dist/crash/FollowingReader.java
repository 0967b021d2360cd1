// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import io.metaq.client.ConsumerConfig;
import io.metaq.client.InvalidMessageException;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Reads every partition while the broker comes and goes, and tells the checker what it saw. */
final class FollowingReader implements AutoCloseable {
    private static final long IDLE_NANOS = 10_000_000;

    private final HistoryChecker checker;
    private final Supplier<List<Lane>> lanes;
    private final MetaMessageSessionFactory sessions;
    private final MessageConsumer consumer;
    private final Set<Lane> known = new HashSet<>();
    private final List<PartitionReading> readings = new ArrayList<>();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile Throwable failure;

    /**
     * Reads from now on.
     *
     * @param lanes what to read; may grow
     */
    FollowingReader(String url, HistoryChecker checker, Supplier<List<Lane>> lanes) throws MetaClientException {
        this.checker = checker;
        this.lanes = lanes;
        this.sessions = new MetaMessageSessionFactory(
                MetaClientConfig.builder().serverUrl(url).build());
        this.consumer = sessions.createConsumer(new ConsumerConfig("crash-reader"));
        this.thread = new Thread(this::follow, "crash-reader");
        thread.start();
    }

    private void follow() {
        try {
            while (!stopped) {
                for (Lane lane : lanes.get()) {
                    if (known.add(lane)) {
                        readings.add(new PartitionReading(lane, checker::seen));
                    }
                }
                if (!readAll()) {
                    LockSupport.parkNanos(IDLE_NANOS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    /** A turn over all partitions. False when there was nothing, or no broker. */
    private boolean readAll() throws InterruptedException {
        boolean any = false;
        for (PartitionReading reading : readings) {
            try {
                any |= reading.readOnce(consumer);
            } catch (InvalidMessageException e) {
                checker.unreadable(reading.lane(), reading.next(), e.getMessage());
            } catch (MetaClientException down) {
                return false;
            }
            if (stopped) {
                break;
            }
        }
        return any;
    }

    /** What ended it too early; null when nothing did. */
    Throwable failure() {
        return failure;
    }

    @Override
    public void close() throws MetaClientException {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        consumer.close();
        sessions.close();
    }
}
