// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.List;

/** Chooses the partition of a message. Called by sending threads, several at once. */
public interface PartitionSelector {
    /**
     * @param partitions what can be written now: by broker id and number, never empty
     * @throws MetaClientException when none will do; the message is not sent
     */
    Partition getPartition(String topic, List<Partition> partitions, Message message) throws MetaClientException;
}
