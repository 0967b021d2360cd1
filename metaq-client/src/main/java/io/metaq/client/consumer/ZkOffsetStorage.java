// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.metaq.client.CommittedOffset;
import io.metaq.client.Message;
import io.metaq.client.MetaClientException;
import io.metaq.client.OffsetStorage;
import io.metaq.client.Partition;
import io.metaq.client.discovery.ZkPaths;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;

/** Offsets in ZooKeeper in MetaQ 1.4's format: {@code <messageId>-<offset>}; ids may be negative, old nodes have the offset alone. */
public final class ZkOffsetStorage implements OffsetStorage {
    private final CuratorFramework zookeeper;
    private final ZkPaths paths;

    public ZkOffsetStorage(CuratorFramework zookeeper, ZkPaths paths) {
        this.zookeeper = zookeeper;
        this.paths = paths;
    }

    @Override
    public void commitOffset(String group, Collection<CommittedOffset> offsets) throws MetaClientException {
        for (CommittedOffset each : offsets) {
            String path = paths.offset(group, each.topic(), each.partition().toString());
            try {
                zookeeper.create().orSetData().creatingParentsIfNeeded().forPath(path, format(each));
            } catch (Exception e) {
                throw new MetaClientException("could not commit offset " + each.offset() + " to " + path, e);
            }
        }
    }

    static byte[] format(CommittedOffset offset) {
        return (offset.messageId() + "-" + offset.offset()).getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Optional<CommittedOffset> load(String topic, String group, Partition partition) throws MetaClientException {
        String path = paths.offset(group, topic, partition.toString());
        try {
            byte[] data = zookeeper.getData().forPath(path);
            return parse(topic, partition, new String(data, StandardCharsets.UTF_8));
        } catch (KeeperException.NoNodeException e) {
            return Optional.empty();
        } catch (Exception e) {
            throw new MetaClientException("could not read the committed offset at " + path, e);
        }
    }

    static Optional<CommittedOffset> parse(String topic, Partition partition, String text) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        int dash = text.lastIndexOf('-');
        long id = dash > 0 ? Long.parseLong(text.substring(0, dash)) : Message.NONE;
        return Optional.of(new CommittedOffset(topic, partition, Long.parseLong(text.substring(dash + 1)), id));
    }

    /** The ZooKeeper session is the factory's. */
    @Override
    public void close() {}
}
