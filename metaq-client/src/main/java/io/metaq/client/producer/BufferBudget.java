// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** How many bytes may wait for an answer. Invariant: {@code 0 <= used}; above the limit only by one oversized message alone. */
final class BufferBudget {
    private final long limitBytes;
    private final AtomicLong used = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Object freed = new Object();

    BufferBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Blocks for room, at most this long; false when there was none. */
    boolean acquire(int bytes, long timeoutNanos) throws InterruptedException {
        return tryAcquire(bytes) || awaitRoom(bytes, timeoutNanos);
    }

    private boolean tryAcquire(int bytes) {
        while (true) {
            long before = used.get();
            if (before > 0 && before + bytes > limitBytes) {
                return false;
            }
            if (used.compareAndSet(before, before + bytes)) {
                return true;
            }
        }
    }

    private boolean awaitRoom(int bytes, long timeoutNanos) throws InterruptedException {
        long deadline = System.nanoTime() + timeoutNanos;
        synchronized (freed) {
            waiting.incrementAndGet();
            try {
                while (!tryAcquire(bytes)) {
                    long left = deadline - System.nanoTime();
                    if (left <= 0) {
                        return false;
                    }
                    TimeUnit.NANOSECONDS.timedWait(freed, Math.max(left, 1_000_000));
                }
                return true;
            } finally {
                waiting.decrementAndGet();
            }
        }
    }

    void release(long bytes) {
        used.addAndGet(-bytes);
        if (waiting.get() > 0) {
            synchronized (freed) {
                freed.notifyAll();
            }
        }
    }

    long usedBytes() {
        return used.get();
    }
}
