// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** The next partition for each message. */
public final class RoundRobinPartitionSelector implements PartitionSelector {
    private final AtomicInteger next = new AtomicInteger();

    @Override
    public Partition getPartition(String topic, List<Partition> partitions, Message message) {
        return partitions.get(Math.floorMod(next.getAndIncrement(), partitions.size()));
    }
}
