// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.server.log.Disk;
import io.metaq.server.log.SegmentCleaner;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.Closeable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that applies retention, {@code metaq-retention}. Sleeps until something is due, or a topic has changed.
 *
 * <p>It is never interrupted, because that would close files under their readers: closing waits until it has finished the
 * file operation it is in.
 */
public final class RetentionDaemon implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionDaemon.class);
    private static final long LONGEST_SLEEP_MS = RetentionSchedule.SIZE_CHECK_SECONDS * 1000;
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(30);

    private final RetentionSchedule schedule;
    private final InstantSource clock;
    private final Thread thread = new Thread(this::run, "metaq-retention");
    private final Object wakeLock = new Object();
    private boolean changed;
    private volatile boolean stopping;

    private RetentionDaemon(TopicRegistry topics, Disk disk, InstantSource clock, ZoneId zone, MeterRegistry registry) {
        this.clock = clock;
        SegmentCleaner cleaner = new SegmentCleaner(disk, () -> stopping);
        this.schedule = new RetentionSchedule(topics, cleaner, clock, zone, new RetentionMetrics(registry));
        thread.setDaemon(true);
        topics.addListener(new TopicRegistry.Listener() {
            @Override
            public void onTopicChanged(Topic topic) {
                wake();
            }

            @Override
            public void onTopicDeleted(String topic) {
                wake();
            }
        });
    }

    /** @param zone that cron expressions are meant in */
    public static RetentionDaemon start(
            TopicRegistry topics, Disk disk, InstantSource clock, ZoneId zone, MeterRegistry registry) {
        RetentionDaemon daemon = new RetentionDaemon(topics, disk, clock, zone, registry);
        daemon.thread.start();
        return daemon;
    }

    private void wake() {
        synchronized (wakeLock) {
            changed = true;
            wakeLock.notifyAll();
        }
    }

    private void run() {
        try {
            while (!stopping) {
                awaitUntil(runDue());
            }
        } catch (InterruptedException e) {
            LOG.error("Retention was interrupted, which nothing should do; it has stopped until the restart", e);
        }
    }

    private Instant runDue() {
        try {
            return schedule.runDue();
        } catch (RuntimeException e) {
            LOG.error("Retention failed as a whole; tried again in a minute", e);
            return clock.instant().plusMillis(LONGEST_SLEEP_MS);
        }
    }

    private void awaitUntil(Instant due) throws InterruptedException {
        long ms = Math.min(
                LONGEST_SLEEP_MS, Duration.between(clock.instant(), due).toMillis() + 1);
        long untilNanos = System.nanoTime() + ms * 1_000_000;
        synchronized (wakeLock) {
            while (!stopping && !changed) {
                long leftMs = (untilNanos - System.nanoTime()) / 1_000_000;
                if (leftMs <= 0) {
                    break;
                }
                wakeLock.wait(leftMs);
            }
            changed = false;
        }
    }

    /** Returns when the thread has ended; nothing is left half done. */
    @Override
    public void close() {
        stopping = true;
        wake();
        try {
            thread.join(CLOSE_PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.warn("Retention still waits for the disk; what it does is left to the next start");
        }
    }
}
