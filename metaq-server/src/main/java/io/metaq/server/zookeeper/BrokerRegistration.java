// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import io.metaq.server.topic.Topic;
import io.metaq.server.topic.TopicRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.BoundedExponentialBackoffRetry;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this broker's nodes in ZooKeeper as MetaQ 1.4 clients read them.
 *
 * <p>What should be there is a map from path to data, computed from the topics. A turn makes ZooKeeper equal to it: at
 * start, after a topic change, after each reconnect, and every second after one that failed. It writes only where ZooKeeper
 * differs, because every child change makes 1.4 clients drop their connections. The broker's own node is made first and its
 * topics last, and taken away in the other order.
 *
 * <p>A node of this broker id that belongs to another session is replaced when it has our address, for then our predecessor
 * left it. With another address it is left alone, at every turn: a broker that answers there has the id, and one that does
 * not will be gone when its session ends.
 *
 * <p>Threads: one of its own, {@code metaq-registration}; losing ZooKeeper stops nothing else.
 */
public final class BrokerRegistration implements TopicRegistry.Listener, Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerRegistration.class);
    private static final int RETRY_BASE_MS = 200;
    private static final int RETRY_MAX_MS = 2_000;
    private static final int RETRIES = 5;
    private static final long NEXT_TURN_MS = 1_000;
    private static final long CLOSE_SECONDS = 5;

    private final RegistrationPaths paths;
    private final String connect;
    private final int brokerId;
    private final String brokerUrl;
    private final BrokerNodes brokerNodes;
    private final TopicRegistry topics;
    private final RegistrationMetrics metrics;
    private final CuratorFramework zookeeper;
    private final SessionNodes nodes;
    private final ScheduledThreadPoolExecutor executor =
            new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "metaq-registration"));
    private final CompletableFuture<Void> first = new CompletableFuture<>();
    private final AtomicBoolean turnAsked = new AtomicBoolean();
    private final AtomicBoolean sessionMayBeNew = new AtomicBoolean();
    private final AtomicBoolean closing = new AtomicBoolean();

    /** What the last turns made; the registration thread's own. */
    private final Set<String> held = new LinkedHashSet<>();

    private volatile boolean connected;
    private volatile String problem = "not registered yet";

    /**
     * @param connect where ZooKeeper is, an embedded one included
     * @param brokerUrl {@code meta://host:port}: clients connect literally to it
     */
    public BrokerRegistration(
            ZooKeeperConfig config,
            String connect,
            int brokerId,
            String brokerUrl,
            long configChecksum,
            TopicRegistry topics,
            RegistrationMetrics metrics) {
        this.paths = new RegistrationPaths(config.root(), brokerId);
        this.connect = connect;
        this.brokerId = brokerId;
        this.brokerUrl = brokerUrl;
        this.brokerNodes = new BrokerNodes(paths, brokerUrl, configChecksum);
        this.topics = topics;
        this.metrics = metrics;
        this.zookeeper = CuratorFrameworkFactory.builder()
                .connectString(connect)
                .sessionTimeoutMs((int) config.sessionTimeout().toMillis())
                .connectionTimeoutMs((int) config.connectionTimeout().toMillis())
                .retryPolicy(new BoundedExponentialBackoffRetry(RETRY_BASE_MS, RETRY_MAX_MS, RETRIES))
                .build();
        this.nodes = new SessionNodes(zookeeper);
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Connects and registers in the background, and goes on trying until it holds. Called once.
     *
     * @return completes when everything is registered for the first time, or with a {@link BrokerIdTakenException}
     */
    public CompletableFuture<Void> start() {
        zookeeper.getConnectionStateListenable().addListener((client, state) -> onState(state));
        topics.addListener(this);
        zookeeper.start();
        return first;
    }

    private void onState(ConnectionState state) {
        connected = state.isConnected();
        metrics.connected(connected);
        switch (state) {
            case CONNECTED, RECONNECTED -> {
                sessionMayBeNew.set(true);
                askForTurn();
            }
            case SUSPENDED -> LOG.warn("Lost the connection to ZooKeeper; serving goes on");
            case LOST -> {
                LOG.warn("The ZooKeeper session has ended; everything is registered again on reconnect");
                problem = "the session has ended";
                metrics.registered(false);
                metrics.sessionLost();
            }
            case READ_ONLY -> LOG.warn("ZooKeeper is read-only");
        }
    }

    @Override
    public void onTopicChanged(Topic topic) {
        askForTurn();
    }

    @Override
    public void onTopicDeleted(String topic) {
        askForTurn();
    }

    /** Many changes that come while a turn waits or runs are made by one more. */
    private void askForTurn() {
        if (turnAsked.compareAndSet(false, true)) {
            submit(this::turn);
        }
    }

    private void turn() {
        turnAsked.set(false);
        if (!connected || closing.get()) {
            return; // the next connection asks again
        }
        try {
            register();
            onRegistered();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) { // Curator declares no less
            onFailure(e);
        }
    }

    /** Makes ZooKeeper equal to what should be there. */
    private void register() throws Exception {
        boolean isFirstOfSession = sessionMayBeNew.getAndSet(false);
        boolean complete = false;
        try {
            if (isFirstOfSession) {
                createParents();
            }
            claimId();
            if (isFirstOfSession) {
                nodes.setData(paths.broker(), brokerUrl);
                held.addAll(presentTopicNodes());
            }
            makeEqualTo(brokerNodes.of(topics.topics()));
            complete = true;
        } finally {
            if (isFirstOfSession && !complete) {
                sessionMayBeNew.set(true);
            }
        }
    }

    /** Nothing is written under an id that is another's, also when we had it before our session ended. */
    private void claimId() throws Exception {
        Optional<SessionNodes.Node> master = nodes.find(paths.master());
        if (master.isEmpty()) {
            nodes.create(paths.master(), brokerUrl);
        } else if (!master.get().own()) {
            requireOurAddress(master.get().data());
            nodes.replace(paths.master(), brokerUrl);
        }
    }

    private void requireOurAddress(String registered) throws IOException {
        if (registered.equals(brokerUrl)) {
            return;
        }
        if (BrokerProbe.answers(registered)) {
            throw new BrokerIdTakenException(brokerId, registered);
        }
        throw new IOException("broker id " + brokerId + " is still registered for " + registered
                + ", which does not answer; it is ours when that session has ended");
    }

    private void makeEqualTo(Map<String, String> wanted) throws Exception {
        for (Map.Entry<String, String> node : wanted.entrySet()) {
            nodes.ensureEphemeral(node.getKey(), node.getValue());
            held.add(node.getKey());
        }
        for (String path : List.copyOf(held)) {
            if (!wanted.containsKey(path)) {
                nodes.delete(path);
                held.remove(path);
            }
        }
    }

    private void createParents() throws Exception {
        try {
            for (String path : paths.parents()) {
                nodes.ensurePersistent(path);
            }
        } catch (KeeperException.NoNodeException e) {
            throw new IOException(
                    "the path at the end of zk.zkConnect = " + connect
                            + " does not exist in ZooKeeper; create it first",
                    e);
        }
    }

    /** What is there under our id: also of topics that are gone since, or that only our predecessor had. */
    private List<String> presentTopicNodes() throws Exception {
        List<String> present = new ArrayList<>();
        for (String parent : paths.topicParents()) {
            for (String topic : nodes.children(parent)) {
                if (nodes.find(paths.child(parent, topic)).isPresent()) {
                    present.add(paths.child(parent, topic));
                }
            }
        }
        return present;
    }

    private void onRegistered() {
        if (!problem.isEmpty()) {
            LOG.info("Registered broker={} nodes={}", brokerUrl, held.size());
        }
        problem = "";
        metrics.registered(true);
        first.complete(null);
    }

    private void onFailure(Exception failure) {
        boolean taken = failure instanceof BrokerIdTakenException;
        String now = taken || failure.getClass() == IOException.class
                ? failure.getMessage()
                : "ZooKeeper refused it: " + failure.getMessage();
        if (now.equals(problem)) {
            LOG.debug("Registration failed again", failure);
        } else if (taken) {
            LOG.error("Cannot register: {}", now);
        } else {
            LOG.warn("Cannot register, trying again every {} ms: {}", NEXT_TURN_MS, now, failure);
        }
        problem = now;
        metrics.failed();
        metrics.registered(false);
        if (taken) {
            first.completeExceptionally(failure);
        }
        later(this::askForTurn);
    }

    private void later(Runnable task) {
        try {
            executor.schedule(task, NEXT_TURN_MS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            requireClosing(e);
        }
    }

    private void submit(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            requireClosing(e);
        }
    }

    private void requireClosing(RejectedExecutionException e) {
        if (!closing.get()) {
            throw e;
        }
    }

    /** Why clients that ask ZooKeeper may not find this broker as it is, in a few words; empty when they do. */
    public Optional<String> problem() {
        if (!connected) {
            return Optional.of("ZooKeeper is not connected");
        }
        return problem.isEmpty() ? Optional.empty() : Optional.of(problem);
    }

    /** Takes the nodes away, topics first, and ends the session. Idempotent. */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        if (connected) {
            executor.execute(this::unregister);
            executor.shutdown();
        } else {
            executor.shutdownNow();
        }
        try {
            if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            executor.shutdownNow();
            Thread.currentThread().interrupt();
        }
        zookeeper.close();
        first.cancel(false);
    }

    private void unregister() {
        List<String> inOrderOfCreation = List.copyOf(held);
        try {
            for (int i = inOrderOfCreation.size() - 1; i >= 0; i--) {
                nodes.deleteOwn(inOrderOfCreation.get(i));
            }
            clearAddress();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) { // Curator declares no less
            LOG.warn("Could not unregister; the nodes end with the session", e);
        }
    }

    /** As MetaQ 1.4 leaves it after a clean stop; unless another broker has taken the id meanwhile. */
    private void clearAddress() throws Exception {
        if (nodes.find(paths.broker())
                .filter(node -> node.data().equals(brokerUrl))
                .isPresent()) {
            nodes.setData(paths.broker(), "");
        }
    }
}
