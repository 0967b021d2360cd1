// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import io.metaq.server.topic.Topic;
import io.metaq.server.topic.TopicRegistry;
import io.metaq.server.topic.TopicSettings;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.BoundedExponentialBackoffRetry;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this broker's nodes in ZooKeeper as MetaQ 1.4 clients read them.
 *
 * <p>What should be there is a map from path to data, computed from the topics; {@link #reconcile} makes ZooKeeper equal to
 * it: at start, after each topic change and after each reconnect, and only where it differs, because every child change
 * makes 1.4 clients drop their connections. The broker's own node is made first and its topics last, and taken away in the
 * other order.
 *
 * <p>Threads: one of its own, {@code metaq-registration}; losing ZooKeeper stops nothing else.
 */
public final class BrokerRegistration implements TopicRegistry.Listener, Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerRegistration.class);
    private static final int RETRY_BASE_MS = 200;
    private static final int RETRY_MAX_MS = 2_000;
    private static final int RETRIES = 5;
    private static final long CLOSE_SECONDS = 5;

    private final RegistrationPaths paths;
    private final String brokerUrl;
    private final long configChecksum;
    private final TopicRegistry topics;
    private final CuratorFramework zookeeper;
    private final ExecutorService executor =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "metaq-registration"));
    private final Map<String, String> registered = new LinkedHashMap<>();
    private volatile boolean connected;
    private volatile boolean closing;

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
            TopicRegistry topics) {
        this.paths = new RegistrationPaths(config.root(), brokerId);
        this.brokerUrl = brokerUrl;
        this.configChecksum = configChecksum;
        this.topics = topics;
        this.zookeeper = CuratorFrameworkFactory.builder()
                .connectString(connect)
                .sessionTimeoutMs((int) config.sessionTimeout().toMillis())
                .connectionTimeoutMs((int) config.connectionTimeout().toMillis())
                .retryPolicy(new BoundedExponentialBackoffRetry(RETRY_BASE_MS, RETRY_MAX_MS, RETRIES))
                .build();
    }

    /**
     * Connects and registers in the background.
     *
     * @return completes when everything is registered for the first time, or exceptionally when another live broker has this
     *     id
     */
    public CompletableFuture<Void> start() {
        CompletableFuture<Void> first = new CompletableFuture<>();
        zookeeper.getConnectionStateListenable().addListener((client, state) -> onState(state, first));
        topics.addListener(this);
        zookeeper.start();
        return first;
    }

    private void onState(ConnectionState state, CompletableFuture<Void> first) {
        connected = state.isConnected();
        switch (state) {
            case CONNECTED, RECONNECTED -> submit(() -> registerAll(first));
            case SUSPENDED -> LOG.warn("Lost the connection to ZooKeeper; serving goes on");
            case LOST -> LOG.warn("The ZooKeeper session has ended; everything is registered again on reconnect");
            case READ_ONLY -> LOG.warn("ZooKeeper is read-only");
        }
    }

    private void registerAll(CompletableFuture<Void> first) {
        try {
            createParents();
            removeStaleNodes();
            reconcile();
            first.complete(null);
        } catch (BrokerIdTakenException e) {
            LOG.error("Cannot register", e);
            first.completeExceptionally(e);
        } catch (Exception e) { // Curator declares no less
            LOG.error("Registration failed; it is tried again on the next change or reconnect", e);
        }
    }

    /** Another live broker has registered our id. */
    public static final class BrokerIdTakenException extends IOException {
        private static final long serialVersionUID = 1L;

        BrokerIdTakenException(String message) {
            super(message);
        }
    }

    private void createParents() throws Exception {
        for (String path :
                List.of(paths.brokerIds(), paths.topics(), paths.topicsPub(), paths.topicsSub(), paths.consumers())) {
            createPersistent(path, "");
        }
        createPersistent(paths.broker(), brokerUrl);
    }

    private void createPersistent(String path, String data) throws Exception {
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        try {
            zookeeper.create().creatingParentsIfNeeded().forPath(path, bytes);
        } catch (KeeperException.NodeExistsException e) {
            if (!data.isEmpty()) {
                zookeeper.setData().forPath(path, bytes);
            }
        }
    }

    /** Ephemeral nodes that an earlier session of this same broker left, and that have not expired yet. */
    private void removeStaleNodes() throws Exception {
        Stat stat = new Stat();
        String owner = read(paths.master(), stat);
        long session = zookeeper.getZookeeperClient().getZooKeeper().getSessionId();
        if (owner == null || stat.getEphemeralOwner() == session) {
            return;
        }
        if (!owner.equals(brokerUrl)) {
            throw new BrokerIdTakenException("broker id of " + paths.broker() + " is taken by " + owner
                    + "; stop it, wait for its session to end, or set another brokerId");
        }
        LOG.info("Replacing the nodes of an earlier session path={}", paths.broker());
        for (String parent : List.of(
                paths.topicsSub(),
                paths.topicsPub(),
                paths.topics(),
                paths.wrappedTopicsPub(),
                paths.wrappedTopicsSub())) {
            removeStaleChildren(parent, session);
        }
        deleteIfStale(paths.masterConfigChecksum(), session);
        deleteIfStale(paths.master(), session);
    }

    private void removeStaleChildren(String parent, long session) throws Exception {
        List<String> children;
        try {
            children = zookeeper.getChildren().forPath(parent);
        } catch (KeeperException.NoNodeException e) {
            return;
        }
        for (String topic : children) {
            deleteIfStale(paths.child(parent, topic), session);
        }
    }

    private void deleteIfStale(String path, long session) throws Exception {
        Stat stat = zookeeper.checkExists().forPath(path);
        if (stat != null && stat.getEphemeralOwner() != session) {
            delete(path);
        }
    }

    private String read(String path, Stat stat) throws Exception {
        try {
            return new String(zookeeper.getData().storingStatIn(stat).forPath(path), StandardCharsets.UTF_8);
        } catch (KeeperException.NoNodeException e) {
            return null;
        }
    }

    /** Makes ZooKeeper equal to what should be there. */
    private void reconcile() throws Exception {
        Map<String, String> wanted = wanted();
        List<String> gone = new ArrayList<>(registered.keySet());
        gone.removeAll(wanted.keySet());
        for (String path : gone) {
            delete(path);
            registered.remove(path);
        }
        for (Map.Entry<String, String> node : wanted.entrySet()) {
            ensureEphemeral(node.getKey(), node.getValue());
            registered.put(node.getKey(), node.getValue());
        }
        LOG.info("Registered broker={} nodes={}", brokerUrl, wanted.size());
    }

    /** In the order of creation. */
    private Map<String, String> wanted() {
        Map<String, String> nodes = new LinkedHashMap<>();
        nodes.put(paths.master(), brokerUrl);
        nodes.put(paths.masterConfigChecksum(), Long.toString(configChecksum));
        for (Topic topic : topics.topics()) {
            int count = topic.partitions().size();
            // Exactly these two properties: a third one stops 1.4 clients.
            String json = "{\"numParts\":" + count + ",\"broker\":\"" + paths.brokerName() + "\"}";
            boolean plain = topic.settings().recordFormat() == TopicSettings.PLAIN_RECORDS;
            if (plain) {
                nodes.put(paths.child(paths.topics(), topic.name()), Integer.toString(count));
            }
            if (topic.settings().acceptPublish()) {
                nodes.put(paths.child(plain ? paths.topicsPub() : paths.wrappedTopicsPub(), topic.name()), json);
            }
            if (topic.settings().acceptSubscribe()) {
                nodes.put(paths.child(plain ? paths.topicsSub() : paths.wrappedTopicsSub(), topic.name()), json);
            }
        }
        return nodes;
    }

    private void ensureEphemeral(String path, String data) throws Exception {
        byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
        Stat stat = new Stat();
        String current = read(path, stat);
        long session = zookeeper.getZookeeperClient().getZooKeeper().getSessionId();
        if (current != null && stat.getEphemeralOwner() != session) {
            delete(path);
            current = null;
        }
        if (current == null) {
            zookeeper
                    .create()
                    .creatingParentsIfNeeded()
                    .withMode(CreateMode.EPHEMERAL)
                    .forPath(path, bytes);
        } else if (!current.equals(data)) {
            // 1.4 clients watch for children, not for data: a new node is how they notice.
            delete(path);
            zookeeper.create().withMode(CreateMode.EPHEMERAL).forPath(path, bytes);
        }
    }

    private void delete(String path) throws Exception {
        try {
            zookeeper.delete().forPath(path);
        } catch (KeeperException.NoNodeException e) {
            LOG.debug("Already gone path={}", path);
        }
    }

    @Override
    public void onTopicChanged(Topic topic) {
        reconcileSoon();
    }

    @Override
    public void onTopicDeleted(String topic) {
        reconcileSoon();
    }

    private void reconcileSoon() {
        submit(() -> {
            try {
                reconcile();
            } catch (Exception e) { // Curator declares no less
                LOG.error("Registration failed; it is tried again on the next change or reconnect", e);
            }
        });
    }

    private void submit(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            if (!closing) {
                throw e;
            }
        }
    }

    /** Is there a connection now? */
    public boolean isConnected() {
        return connected;
    }

    /** Takes the nodes away, topics first, and ends the session. Idempotent. */
    @Override
    public void close() {
        if (closing) {
            return;
        }
        if (connected) {
            submit(this::unregister);
        }
        closing = true;
        executor.shutdown();
        try {
            if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                executor.shutdownNow();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        zookeeper.close();
    }

    private void unregister() {
        List<String> nodes = new ArrayList<>(registered.keySet());
        try {
            for (int i = nodes.size() - 1; i >= 0; i--) {
                delete(nodes.get(i));
            }
            zookeeper.setData().forPath(paths.broker(), new byte[0]);
        } catch (Exception e) { // Curator declares no less
            LOG.warn("Could not unregister; the nodes end with the session", e);
        }
    }
}
