// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.List;

/** For selectors written for MetaQ 1.4: they implement {@link #getPartition0}, which is never asked without a partition. */
public abstract class AbstractPartitionSelector implements PartitionSelector {
    @Override
    public final Partition getPartition(String topic, List<Partition> partitions, Message message)
            throws MetaClientException {
        if (partitions == null || partitions.isEmpty()) {
            throw new MetaClientException("there is no partition of topic " + topic + " to choose from");
        }
        return getPartition0(topic, partitions, message);
    }

    /**
     * Chooses one of these.
     *
     * @param partitions by broker id and number, not empty
     * @throws MetaClientException when none will do; the message is not sent
     */
    public abstract Partition getPartition0(String topic, List<Partition> partitions, Message message)
            throws MetaClientException;
}
