// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.server.DatadirCleanupManager;
import org.apache.zookeeper.util.ServiceUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A ZooKeeper server in this process, persisted beside the data: for one broker, a laptop or a test. Sessions end with it,
 * so more than one broker deserves an ensemble.
 *
 * <p>ZooKeeper stops itself when it cannot write, on a full disk for one. It is then started again on the same port, every
 * second until it holds, as the broker too resumes by itself.
 *
 * <p>Threads: ZooKeeper's own, and {@code metaq-zookeeper-watch}.
 */
public final class EmbeddedZooKeeper implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedZooKeeper.class);
    private static final int SNAPSHOTS_KEPT = 3;
    private static final int PURGE_HOURS = 24;
    private static final long WATCH_MS = 1_000;
    private static final long CLOSE_SECONDS = 10;

    private final Path directory;
    private final int port;
    private final DatadirCleanupManager purge;
    private final ScheduledExecutorService watch =
            Executors.newSingleThreadScheduledExecutor(task -> new Thread(task, "metaq-zookeeper-watch"));
    private volatile ZooKeeperInstance instance;
    private String lastProblem = "";

    private EmbeddedZooKeeper(Path directory, ZooKeeperInstance instance) {
        this.directory = directory;
        this.port = instance.port();
        this.instance = instance;
        this.purge = new DatadirCleanupManager(directory.toFile(), directory.toFile(), SNAPSHOTS_KEPT, PURGE_HOURS);
    }

    /** Serves when this returns; throws an {@link IOException} that says so when the port is taken. */
    public static EmbeddedZooKeeper start(Path directory, int port) throws IOException {
        // Before the first use of the server's classes, which read these once.
        System.setProperty("zookeeper.admin.enableServer", "false");
        System.setProperty("zookeeper.4lw.commands.whitelist", "ruok,srvr");
        // ZooKeeper ends the process when it cannot write a snapshot; ours has a log to look after.
        ServiceUtils.setSystemExitProcedure(ServiceUtils.LOG_ONLY);
        EmbeddedZooKeeper zookeeper = new EmbeddedZooKeeper(directory, ZooKeeperInstance.start(directory, port));
        zookeeper.purge.start();
        zookeeper.watch.scheduleWithFixedDelay(
                zookeeper::startAgainIfStopped, WATCH_MS, WATCH_MS, TimeUnit.MILLISECONDS);
        LOG.info("Embedded ZooKeeper listens port={} directory={}", zookeeper.port, directory);
        return zookeeper;
    }

    private void startAgainIfStopped() {
        if (instance.isRunning()) {
            return;
        }
        try {
            instance.close();
            instance = ZooKeeperInstance.start(directory, port);
            lastProblem = "";
            LOG.warn("The embedded ZooKeeper had stopped; it serves again port={}", port);
        } catch (IOException | RuntimeException e) {
            if (!lastProblem.equals(e.getMessage())) {
                LOG.error("The embedded ZooKeeper has stopped and does not start; trying every {} ms", WATCH_MS, e);
            }
            lastProblem = String.valueOf(e.getMessage());
        }
    }

    public int port() {
        return port;
    }

    public String connectString() {
        return "127.0.0.1:" + port;
    }

    /** The server that runs now. */
    ZooKeeperInstance instance() {
        return instance;
    }

    @Override
    public void close() throws IOException {
        watch.shutdown();
        try {
            watch.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        purge.shutdown();
        instance.close();
    }
}
