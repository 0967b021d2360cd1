// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of requests all connections together may have in the broker. Who finds it spent stops reading and is woken
 * when half of it is free again, in the order of asking. Thread-safe.
 */
final class IngressBudget {
    private final long maxBytes;
    private final AtomicLong taken = new AtomicLong();
    private final Deque<Runnable> waiting = new ArrayDeque<>();

    IngressBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    void take(long bytes) {
        taken.addAndGet(bytes);
    }

    void giveBack(long bytes) {
        if (taken.addAndGet(-bytes) <= maxBytes / 2) {
            wakeAll();
        }
    }

    boolean isSpent() {
        return taken.get() > maxBytes;
    }

    /** Runs {@code resume} once when there is room again; at once if there is. */
    void onRoom(Runnable resume) {
        synchronized (waiting) {
            if (isSpent()) {
                waiting.add(resume);
                return;
            }
        }
        resume.run();
    }

    private void wakeAll() {
        while (true) {
            Runnable next;
            synchronized (waiting) {
                next = waiting.poll();
            }
            if (next == null) {
                return;
            }
            next.run();
        }
    }
}
