// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.zookeeper.server.DatadirCleanupManager;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper server in this process, persisted beside the data: for one broker, a laptop or a test. Sessions end with it,
 * so more than one broker deserves an ensemble.
 */
public final class EmbeddedZooKeeper implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedZooKeeper.class);

    private static final int TICK_MS = 1000;
    private static final int MAX_CONNECTIONS = 1000;
    private static final int MIN_SESSION_MS = 2 * TICK_MS;
    private static final int MAX_SESSION_MS = 60_000;
    private static final int SNAPSHOTS_KEPT = 3;
    private static final int PURGE_HOURS = 24;

    private final ZooKeeperServer server;
    private final NIOServerCnxnFactory connections;
    private final FileTxnSnapLog files;
    private final DatadirCleanupManager purge;

    private EmbeddedZooKeeper(
            ZooKeeperServer server,
            NIOServerCnxnFactory connections,
            FileTxnSnapLog files,
            DatadirCleanupManager purge) {
        this.server = server;
        this.connections = connections;
        this.files = files;
        this.purge = purge;
    }

    /** Serves when this returns; throws an {@link IOException} that says so when the port is taken. */
    public static EmbeddedZooKeeper start(Path directory, int port) throws IOException {
        // Before the first use of the server's classes, which read these once.
        System.setProperty("zookeeper.admin.enableServer", "false");
        System.setProperty("zookeeper.4lw.commands.whitelist", "ruok,srvr");
        Files.createDirectories(directory);
        FileTxnSnapLog files = new FileTxnSnapLog(directory.toFile(), directory.toFile());
        ZooKeeperServer server = new ZooKeeperServer(files, TICK_MS, "");
        server.setMinSessionTimeout(MIN_SESSION_MS);
        server.setMaxSessionTimeout(MAX_SESSION_MS);
        NIOServerCnxnFactory connections = new NIOServerCnxnFactory();
        try {
            connections.configure(new InetSocketAddress(port), MAX_CONNECTIONS);
        } catch (BindException e) {
            files.close();
            throw new IOException(
                    "the embedded ZooKeeper cannot listen on port " + port
                            + ", it is in use; set [zookeeper] zk.embeddedPort, or zk.zkConnect to use the one there",
                    e);
        }
        try {
            connections.startup(server);
        } catch (InterruptedException e) {
            connections.shutdown();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting the embedded ZooKeeper", e);
        }
        DatadirCleanupManager purge =
                new DatadirCleanupManager(directory.toFile(), directory.toFile(), SNAPSHOTS_KEPT, PURGE_HOURS);
        purge.start();
        LOG.info("Embedded ZooKeeper listens port={} directory={}", connections.getLocalPort(), directory);
        return new EmbeddedZooKeeper(server, connections, files, purge);
    }

    public int port() {
        return connections.getLocalPort();
    }

    public String connectString() {
        return "127.0.0.1:" + port();
    }

    @Override
    public void close() throws IOException {
        purge.shutdown();
        connections.shutdown();
        server.shutdown();
        files.close();
    }
}
