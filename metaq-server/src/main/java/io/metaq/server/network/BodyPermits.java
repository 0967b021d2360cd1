// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * How many bytes of large bodies may be on their way in, over all connections: first come, first served. Who has a permit may
 * finish its request, so peers that send parts and wait for each other cannot stop everybody. Thread-safe.
 */
final class BodyPermits {
    private final long maxBytes;
    private final Deque<Permit> waiting = new ArrayDeque<>();
    private long takenBytes;

    BodyPermits(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** The right to receive one body, or a place in the queue for it; to be given back in either case. */
    final class Permit {
        private final int bytes;
        private final Runnable onGranted;
        private boolean granted;
        private boolean returned;

        private Permit(int bytes, Runnable onGranted) {
            this.bytes = bytes;
            this.onGranted = onGranted;
        }

        boolean isGranted() {
            synchronized (BodyPermits.this) {
                return granted;
            }
        }

        /** Idempotent. */
        void giveBack() {
            List<Permit> next;
            synchronized (BodyPermits.this) {
                if (returned) {
                    return;
                }
                returned = true;
                if (granted) {
                    takenBytes -= bytes;
                } else {
                    waiting.remove(this);
                }
                next = grantNext();
            }
            next.forEach(permit -> permit.onGranted.run());
        }
    }

    /**
     * Granted at once when there is room and nobody waits; otherwise {@code onGranted} runs when it is, on the thread that
     * makes room. A body larger than everything is granted alone.
     */
    Permit ask(int bytes, Runnable onGranted) {
        synchronized (this) {
            Permit permit = new Permit(bytes, onGranted);
            if (waiting.isEmpty() && hasRoomFor(bytes)) {
                permit.granted = true;
                takenBytes += bytes;
            } else {
                waiting.add(permit);
            }
            return permit;
        }
    }

    private boolean hasRoomFor(int bytes) {
        return takenBytes == 0 || takenBytes + bytes <= maxBytes;
    }

    private List<Permit> grantNext() {
        List<Permit> granted = new ArrayList<>();
        while (!waiting.isEmpty() && hasRoomFor(waiting.peek().bytes)) {
            Permit permit = waiting.poll();
            permit.granted = true;
            takenBytes += permit.bytes;
            granted.add(permit);
        }
        return granted;
    }
}
