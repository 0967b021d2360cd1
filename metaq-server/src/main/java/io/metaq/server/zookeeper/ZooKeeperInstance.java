// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.zookeeper.server.NIOServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;
import org.apache.zookeeper.server.persistence.FileTxnSnapLog;

/** One life of a ZooKeeper server: its files and its port. It does not come back after it has stopped. */
final class ZooKeeperInstance implements Closeable {
    private static final int TICK_MS = 1000;
    private static final int MAX_CONNECTIONS = 1000;
    private static final int MIN_SESSION_MS = 2 * TICK_MS;
    private static final int MAX_SESSION_MS = 60_000;

    private final FileTxnSnapLog files;
    private final ZooKeeperServer server;
    private final NIOServerCnxnFactory connections;

    private ZooKeeperInstance(FileTxnSnapLog files, ZooKeeperServer server, NIOServerCnxnFactory connections) {
        this.files = files;
        this.server = server;
        this.connections = connections;
    }

    /** Serves when this returns; after a failure neither the port nor a file is held. */
    static ZooKeeperInstance start(Path directory, int port) throws IOException {
        FileTxnSnapLog files;
        try {
            Files.createDirectories(directory);
            files = new FileTxnSnapLog(directory.toFile(), directory.toFile());
        } catch (IOException e) {
            throw unusable(directory, e);
        }
        ZooKeeperServer server = new ZooKeeperServer(files, TICK_MS, "");
        server.setMinSessionTimeout(MIN_SESSION_MS);
        server.setMaxSessionTimeout(MAX_SESSION_MS);
        ZooKeeperInstance instance = new ZooKeeperInstance(files, server, new NIOServerCnxnFactory());
        boolean serves = false;
        try {
            instance.listen(port);
            instance.serve(directory);
            serves = true;
            return instance;
        } finally {
            if (!serves) {
                instance.close();
            }
        }
    }

    private void listen(int port) throws IOException {
        try {
            connections.configure(new InetSocketAddress(port), MAX_CONNECTIONS);
        } catch (BindException e) {
            throw new IOException(
                    "the embedded ZooKeeper cannot listen on port " + port + " (" + e.getMessage()
                            + "); set [zookeeper] zk.embeddedPort to a free one, or zk.zkConnect to use the server there",
                    e);
        }
    }

    private void serve(Path directory) throws IOException {
        try {
            connections.startup(server);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting the embedded ZooKeeper", e);
        } catch (IOException e) {
            throw unusable(directory, e);
        }
    }

    private static IOException unusable(Path directory, IOException cause) {
        return new IOException(
                "the embedded ZooKeeper cannot use its data in " + directory + " (" + cause.getMessage()
                        + "); restore them, or move them away to begin with none: consumers' committed offsets are in them",
                cause);
    }

    int port() {
        return connections.getLocalPort();
    }

    /** False after it has stopped, also by itself: its files could not be written. */
    boolean isRunning() {
        return server.isRunning();
    }

    ZooKeeperServer server() {
        return server;
    }

    @Override
    public void close() throws IOException {
        connections.shutdown();
        server.shutdown();
        files.close();
    }
}
