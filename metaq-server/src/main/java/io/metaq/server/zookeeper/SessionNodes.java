// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nodes with text in them, some of them ephemeral nodes of the present session. Every method blocks on ZooKeeper, and throws
 * what Curator does, which declares no less than {@link Exception}. One thread.
 */
final class SessionNodes {
    private static final Logger LOG = LoggerFactory.getLogger(SessionNodes.class);

    /**
     * A node as it was read.
     *
     * @param own an ephemeral node of the present session
     */
    record Node(String data, boolean own) {}

    private final CuratorFramework zookeeper;

    SessionNodes(CuratorFramework zookeeper) {
        this.zookeeper = zookeeper;
    }

    Optional<Node> find(String path) throws Exception {
        Stat stat = new Stat();
        try {
            byte[] data = zookeeper.getData().storingStatIn(stat).forPath(path);
            return Optional.of(
                    new Node(new String(data, StandardCharsets.UTF_8), stat.getEphemeralOwner() == session()));
        } catch (KeeperException.NoNodeException e) {
            return Optional.empty();
        }
    }

    private long session() throws Exception {
        return zookeeper.getZookeeperClient().getZooKeeper().getSessionId();
    }

    /** Empty also when there is no such node. */
    List<String> children(String path) throws Exception {
        try {
            return zookeeper.getChildren().forPath(path);
        } catch (KeeperException.NoNodeException e) {
            return List.of();
        }
    }

    /** A persistent node with nothing in it; one that is there is left as it is. */
    void ensurePersistent(String path) throws Exception {
        if (zookeeper.checkExists().forPath(path) == null) {
            try {
                zookeeper.create().creatingParentsIfNeeded().forPath(path, new byte[0]);
            } catch (KeeperException.NodeExistsException e) {
                LOG.debug("Another broker was quicker path={}", path);
            }
        }
    }

    /** The node is there already. */
    void setData(String path, String data) throws Exception {
        Optional<Node> node = find(path);
        if (node.isEmpty() || !node.get().data().equals(data)) {
            zookeeper.setData().forPath(path, data.getBytes(StandardCharsets.UTF_8));
        }
    }

    /** An ephemeral node of this session with this data: made, or replaced when it differs or is another session's. */
    void ensureEphemeral(String path, String data) throws Exception {
        Optional<Node> node = find(path);
        if (node.isEmpty()) {
            create(path, data);
        } else if (!node.get().own() || !node.get().data().equals(data)) {
            replace(path, data);
        }
    }

    /** An ephemeral node of this session; throws when there is one of that name. */
    void create(String path, String data) throws Exception {
        zookeeper
                .create()
                .creatingParentsIfNeeded()
                .withMode(CreateMode.EPHEMERAL)
                .forPath(path, data.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Takes a node away and makes it anew in one step: 1.4 clients watch for children, so a new node is how they notice, and
     * one that is missing for a moment would make them drop their connections.
     */
    void replace(String path, String data) throws Exception {
        zookeeper
                .transaction()
                .forOperations(
                        zookeeper.transactionOp().delete().forPath(path),
                        zookeeper
                                .transactionOp()
                                .create()
                                .withMode(CreateMode.EPHEMERAL)
                                .forPath(path, data.getBytes(StandardCharsets.UTF_8)));
    }

    void delete(String path) throws Exception {
        try {
            zookeeper.delete().forPath(path);
        } catch (KeeperException.NoNodeException e) {
            LOG.debug("Already gone path={}", path);
        }
    }

    /** Leaves a node of another session alone: it is not ours any more. */
    void deleteOwn(String path) throws Exception {
        if (find(path).filter(Node::own).isPresent()) {
            delete(path);
        }
    }
}
