// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** What is in a ZooKeeper server, seen by a session of its own. */
final class ZooKeeperTree implements Closeable {
    private static final int SESSION_MS = 30_000;

    private final ZooKeeper zookeeper;

    ZooKeeperTree(int port) throws Exception {
        zookeeper = new ZooKeeper("127.0.0.1:" + port, SESSION_MS, event -> {});
    }

    ZooKeeper session() {
        return zookeeper;
    }

    /** Every node at and below a path: {@code E} or {@code P} for ephemeral or persistent, a space, its text. */
    Map<String, String> below(String path) throws Exception {
        Map<String, String> found = new TreeMap<>();
        collect(path, found);
        return found;
    }

    private void collect(String path, Map<String, String> found) throws Exception {
        Stat stat = new Stat();
        try {
            byte[] data = zookeeper.getData(path, false, stat);
            found.put(path, (stat.getEphemeralOwner() == 0 ? "P " : "E ") + new String(data, StandardCharsets.UTF_8));
            for (String child : zookeeper.getChildren(path, false)) {
                collect(path + "/" + child, found);
            }
        } catch (KeeperException.NoNodeException e) {
            found.remove(path); // gone while it was read
        }
    }

    /** The ephemeral nodes at and below a path, with their text. */
    Map<String, String> ephemeral(String path) throws Exception {
        Map<String, String> found = new TreeMap<>();
        below(path).forEach((node, text) -> {
            if (text.startsWith("E ")) {
                found.put(node, text.substring(2));
            }
        });
        return found;
    }

    /** The session that has an ephemeral node; 0 without the node. */
    long owner(String path) throws Exception {
        Stat stat = zookeeper.exists(path, false);
        return stat == null ? 0 : stat.getEphemeralOwner();
    }

    /** Makes a node, and persistent ones above it. */
    void create(String path, String text, CreateMode mode) throws Exception {
        for (int slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
            if (zookeeper.exists(path.substring(0, slash), false) == null) {
                zookeeper.create(
                        path.substring(0, slash), new byte[0], ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            }
        }
        zookeeper.create(path, text.getBytes(StandardCharsets.UTF_8), ZooDefs.Ids.OPEN_ACL_UNSAFE, mode);
    }

    void delete(String path) throws Exception {
        zookeeper.delete(path, -1);
    }

    @Override
    public void close() throws IOException {
        try {
            zookeeper.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while closing a session");
        }
    }
}
