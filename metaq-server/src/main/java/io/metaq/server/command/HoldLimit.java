// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many partitions all requests that wait for data may watch together. Who finds it reached is answered at once, as if the
 * wait were over. Thread-safe.
 */
final class HoldLimit {
    private final int maxPartitions;
    private final AtomicInteger held = new AtomicInteger();

    HoldLimit(int maxPartitions) {
        this.maxPartitions = maxPartitions;
    }

    /** False: nothing was taken. */
    boolean tryTake(int partitions) {
        if (held.addAndGet(partitions) <= maxPartitions) {
            return true;
        }
        held.addAndGet(-partitions);
        return false;
    }

    void giveBack(int partitions) {
        held.addAndGet(-partitions);
    }
}
