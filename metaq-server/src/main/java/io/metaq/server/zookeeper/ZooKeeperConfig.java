// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.time.Duration;

/**
 * How the broker reaches ZooKeeper.
 *
 * @param connect null: embed a server on {@code embeddedPort}
 * @param root begins with a slash and does not end with one
 * @param enabled false: no registration at all
 * @param embeddedPort 0: any free one
 */
public record ZooKeeperConfig(
        boolean enabled,
        String root,
        String connect,
        int embeddedPort,
        Duration sessionTimeout,
        Duration connectionTimeout) {}
