// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sender thread's work: lanes that something happened to, answers, and timers. Its queues are bounded by what the producer's buffer
 * lets in: a lane waits at most once, and each batch on its way has one answer.
 */
final class SenderLoop implements SenderMailbox, Runnable {
    private static final Logger log = LoggerFactory.getLogger(SenderLoop.class);
    private static final long MOST_PARK_NANOS = 100_000_000;

    private record Timer(PartitionLane lane, long atNanos) {}

    private final LongSupplier clock;
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final Queue<PartitionLane> woken = new ConcurrentLinkedQueue<>();
    private final Set<PartitionLane> waking = ConcurrentHashMap.newKeySet();
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::atNanos));
    private volatile Thread thread;
    private volatile boolean parked;
    private volatile boolean stopped;

    SenderLoop(LongSupplier clock) {
        this.clock = clock;
    }

    long nowNanos() {
        return clock.getAsLong();
    }

    @Override
    public void post(Runnable work) {
        posted.add(work);
        unpark();
    }

    /** Any thread: there is something to do in this lane. */
    void wake(PartitionLane lane) {
        if (waking.add(lane)) {
            woken.add(lane);
            unpark();
        }
    }

    /** The sender thread: pump this lane at that time. */
    void wakeAt(PartitionLane lane, long atNanos) {
        timers.add(new Timer(lane, atNanos));
    }

    private void unpark() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** One turn: everything that is there now. False when there was nothing. */
    boolean runOnce() {
        boolean worked = false;
        for (Runnable work = posted.poll(); work != null; work = posted.poll()) {
            work.run();
            worked = true;
        }
        for (PartitionLane lane = woken.poll(); lane != null; lane = woken.poll()) {
            waking.remove(lane);
            lane.pump(nowNanos());
            worked = true;
        }
        while (!timers.isEmpty() && timers.peek().atNanos() - nowNanos() <= 0) {
            timers.poll().lane().pump(nowNanos());
            worked = true;
        }
        return worked;
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        while (!stopped) {
            try {
                if (!runOnce()) {
                    park();
                }
            } catch (RuntimeException e) {
                log.error("The sender failed in one turn and goes on", e);
            }
        }
    }

    private void park() {
        parked = true;
        if (posted.isEmpty() && woken.isEmpty() && !stopped) {
            long nanos = timers.isEmpty() ? MOST_PARK_NANOS : timers.peek().atNanos() - nowNanos();
            LockSupport.parkNanos(this, Math.min(MOST_PARK_NANOS, Math.max(nanos, 1)));
        }
        parked = false;
    }

    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }
}
