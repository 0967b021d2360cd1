// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.time.Duration;

/**
 * Where ZooKeeper is and how long to wait for it.
 *
 * @param zkRoot MetaQ's node, {@code /meta} unless the brokers say otherwise
 * @param zkConnect {@code host:port}, several separated by commas
 * @param zkSyncTime the pause between tries of a rebalance
 */
public record ZkConfig(
        String zkRoot, String zkConnect, Duration zkSessionTimeout, Duration zkConnectionTimeout, Duration zkSyncTime) {
    public static final String DEFAULT_ROOT = "/meta";

    public ZkConfig {
        if (zkConnect == null || zkConnect.isBlank()) {
            throw new IllegalArgumentException("zkConnect is empty; write host:port of a ZooKeeper server");
        }
        zkRoot = zkRoot == null || zkRoot.isBlank() ? DEFAULT_ROOT : zkRoot.strip();
        zkRoot = zkRoot.startsWith("/") ? zkRoot : "/" + zkRoot;
        while (zkRoot.length() > 1 && zkRoot.endsWith("/")) {
            zkRoot = zkRoot.substring(0, zkRoot.length() - 1);
        }
    }

    /** MetaQ 1.4's times. */
    public ZkConfig(String zkConnect) {
        this(DEFAULT_ROOT, zkConnect, Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(5));
    }

    /** As MetaQ 1.4's ZKConfig takes them: address and milliseconds, below the usual root. */
    public ZkConfig(String zkConnect, int sessionTimeoutMs, int connectionTimeoutMs, int syncTimeMs) {
        this(DEFAULT_ROOT, zkConnect, sessionTimeoutMs, connectionTimeoutMs, syncTimeMs);
    }

    /** As MetaQ 1.4's ZKConfig takes them: root, address and milliseconds. */
    public ZkConfig(String zkRoot, String zkConnect, int sessionTimeoutMs, int connectionTimeoutMs, int syncTimeMs) {
        this(
                zkRoot,
                zkConnect,
                Duration.ofMillis(sessionTimeoutMs),
                Duration.ofMillis(connectionTimeoutMs),
                Duration.ofMillis(syncTimeMs));
    }
}
