// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sender's work: lanes that something happened to, answers, and timers, on the event loop that the connections live on. So a message
 * goes from the caller to the socket, and its answer from the socket to the caller, with one change of threads each.
 *
 * <p>Its queues are bounded by what the producer's buffer lets in: a lane waits at most once, and each batch on its way has one answer.
 */
final class SenderLoop implements SenderMailbox {
    private static final Logger log = LoggerFactory.getLogger(SenderLoop.class);

    private record Timer(PartitionLane lane, long atNanos) {}

    private final EventExecutor loop;
    private final LongSupplier clock;
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private final Queue<PartitionLane> woken = new ConcurrentLinkedQueue<>();
    private final Set<PartitionLane> waking = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean turnDue = new AtomicBoolean();

    // The loop's.
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::atNanos));
    private boolean inTurn;
    private ScheduledFuture<?> alarm;
    private long alarmAtNanos;

    /** @param loop one thread; its tasks never block */
    SenderLoop(EventExecutor loop, LongSupplier clock) {
        this.loop = loop;
        this.clock = clock;
    }

    long nowNanos() {
        return clock.getAsLong();
    }

    /** Whoever waits here for an answer would wait for ever. */
    boolean isOnLoop() {
        return loop.inEventLoop();
    }

    /** On the loop it runs at once, unless it comes out of a turn's own work: then after it. */
    @Override
    public void post(Runnable work) {
        posted.add(work);
        if (loop.inEventLoop() && !inTurn) {
            runOnce();
        } else {
            requestTurn();
        }
    }

    /** Any thread: there is something to do in this lane. */
    void wake(PartitionLane lane) {
        if (waking.add(lane)) {
            woken.add(lane);
            requestTurn();
        }
    }

    /** The loop: pump this lane at that time. */
    void wakeAt(PartitionLane lane, long atNanos) {
        timers.add(new Timer(lane, atNanos));
        setAlarm();
    }

    private void requestTurn() {
        if (!turnDue.get() && turnDue.compareAndSet(false, true)) {
            try {
                loop.execute(this::runOnce);
            } catch (RejectedExecutionException e) {
                // The session is closed: its producers were closed first, and failed what they had.
                log.debug("The event loop has ended", e);
            }
        }
    }

    /** One turn: everything that is there now. */
    private void runOnce() {
        turnDue.set(false);
        inTurn = true;
        try {
            for (Runnable work = posted.poll(); work != null; work = posted.poll()) {
                run(work);
            }
            for (PartitionLane lane = woken.poll(); lane != null; lane = woken.poll()) {
                waking.remove(lane);
                pump(lane);
            }
            while (!timers.isEmpty() && timers.peek().atNanos() - nowNanos() <= 0) {
                pump(timers.poll().lane());
            }
        } finally {
            inTurn = false;
        }
    }

    private void pump(PartitionLane lane) {
        run(() -> lane.pump(nowNanos()));
    }

    private static void run(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            log.error("The sender failed in one step and goes on", e);
        }
    }

    /** One alarm, for the earliest timer. */
    private void setAlarm() {
        if (timers.isEmpty()) {
            return;
        }
        long atNanos = timers.peek().atNanos();
        if (alarm != null && !alarm.isDone()) {
            if (alarmAtNanos - atNanos <= 0) {
                return;
            }
            alarm.cancel(false);
        }
        alarmAtNanos = atNanos;
        alarm = loop.schedule(this::onAlarm, Math.max(0, atNanos - nowNanos()), TimeUnit.NANOSECONDS);
    }

    private void onAlarm() {
        alarm = null;
        runOnce();
        setAlarm();
    }
}
