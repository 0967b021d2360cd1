// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Any partition. */
public final class RandomPartitionSelector implements PartitionSelector {
    @Override
    public Partition getPartition(String topic, List<Partition> partitions, Message message) {
        return partitions.get(ThreadLocalRandom.current().nextInt(partitions.size()));
    }
}
