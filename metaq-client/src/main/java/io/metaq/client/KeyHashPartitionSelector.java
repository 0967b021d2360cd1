// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;

/**
 * One partition for one key, while the list of partitions stays as it is; another selector for messages without a key.
 *
 * <p>The choice is CRC-32 of the key's UTF-8 bytes modulo the number of partitions in their sorted order, so that every
 * client in any language can make it.
 */
public final class KeyHashPartitionSelector implements PartitionSelector {
    private final PartitionSelector withoutKey;

    public KeyHashPartitionSelector() {
        this(new RoundRobinPartitionSelector());
    }

    public KeyHashPartitionSelector(PartitionSelector withoutKey) {
        this.withoutKey = withoutKey;
    }

    @Override
    public Partition getPartition(String topic, List<Partition> partitions, Message message)
            throws MetaClientException {
        if (message.getKey() == null) {
            return withoutKey.getPartition(topic, partitions, message);
        }
        CRC32 crc = new CRC32();
        crc.update(message.getKey().getBytes(StandardCharsets.UTF_8));
        return partitions.get((int) (crc.getValue() % partitions.size()));
    }
}
