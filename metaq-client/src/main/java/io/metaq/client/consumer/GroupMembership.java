// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.metaq.client.MetaClientException;
import io.metaq.client.Partition;
import io.metaq.client.discovery.BrokerDirectory;
import io.metaq.client.discovery.ZkPaths;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a group in MetaQ 1.4's nodes, so that original and native clients share one group.
 *
 * <p>A share-out: read members and partitions, give up what is no longer ours (reading stops and commits first, then the owner node
 * goes), then claim what is new. While another member still owns a partition the rest is read already, and the claim is tried again
 * after a pause. A lost session gives up everything and joins again.
 *
 * <p>Threads: all work is on {@code metaq-rebalance}.
 */
final class GroupMembership {
    private static final Logger log = LoggerFactory.getLogger(GroupMembership.class);

    /** Who reads. Called on the rebalance thread; may block. */
    interface Reader {
        void begin(TopicPartition partition) throws MetaClientException, InterruptedException;

        /** On return nothing more is delivered from these, and what was done is committed. */
        void giveUp(Set<TopicPartition> partitions);
    }

    private final CuratorFramework zookeeper;
    private final ZkPaths paths;
    private final BrokerDirectory directory;
    private final String group;
    private final String consumerId;
    private final List<String> topics;
    private final Reader reader;
    private final long pauseMs;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread named = new Thread(work, "metaq-rebalance");
        named.setDaemon(true);
        return named;
    });
    private final Set<TopicPartition> owned = new HashSet<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final ConnectionStateListener sessions = this::onSession;
    private CuratorCache members;
    private BrokerDirectory.Registration changes;
    private volatile boolean closed;

    GroupMembership(
            CuratorFramework zookeeper,
            ZkPaths paths,
            BrokerDirectory directory,
            String group,
            String consumerId,
            List<String> topics,
            Reader reader,
            long pauseMs) {
        this.zookeeper = zookeeper;
        this.paths = paths;
        this.directory = directory;
        this.group = group;
        this.consumerId = consumerId;
        this.topics = topics;
        this.reader = reader;
        this.pauseMs = pauseMs;
    }

    /** Joins; blocks until the first share-out was tried. */
    void join() throws Exception {
        thread.submit(() -> {
                    ensureRegistered();
                    shareOut();
                    return null;
                })
                .get();
        members = CuratorCache.build(zookeeper, paths.members(group));
        members.listenable()
                .addListener(CuratorCacheListener.builder()
                        .forAll((type, before, after) -> soon(0))
                        .build());
        members.start();
        changes = directory.onChange(() -> soon(0));
        zookeeper.getConnectionStateListenable().addListener(sessions);
    }

    /** Makes this member's node, or makes it anew when it belongs to a session that is over and would vanish with that. */
    private void ensureRegistered() throws Exception {
        Stat node = zookeeper.checkExists().forPath(paths.member(group, consumerId));
        long session = zookeeper.getZookeeperClient().getZooKeeper().getSessionId();
        if (node == null || node.getEphemeralOwner() != session) {
            register();
        }
    }

    private void register() throws Exception {
        String me = paths.member(group, consumerId);
        byte[] data = String.join(",", topics).getBytes(StandardCharsets.UTF_8);
        try {
            zookeeper
                    .create()
                    .creatingParentsIfNeeded()
                    .withMode(CreateMode.EPHEMERAL)
                    .forPath(me, data);
        } catch (KeeperException.NodeExistsException e) {
            zookeeper.delete().quietly().forPath(me);
            zookeeper.create().withMode(CreateMode.EPHEMERAL).forPath(me, data);
        }
    }

    private void onSession(CuratorFramework ignored, ConnectionState state) {
        if (state == ConnectionState.LOST) {
            submit(this::giveUpAll, 0);
        } else if (state == ConnectionState.RECONNECTED) {
            soon(0);
        }
    }

    private void giveUpAll() {
        log.warn("The ZooKeeper session is lost, reading stops group={}", group);
        reader.giveUp(Set.copyOf(owned));
        owned.clear();
    }

    private void soon(long delayMs) {
        if (scheduled.compareAndSet(false, true)) {
            submit(
                    () -> {
                        scheduled.set(false);
                        shareOut();
                    },
                    delayMs);
        }
    }

    private void submit(Runnable work, long delayMs) {
        if (closed) {
            return;
        }
        try {
            thread.schedule(
                    () -> {
                        if (!closed) {
                            work.run();
                        }
                    },
                    delayMs,
                    TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("Closed while rebalancing group={}", group);
        }
    }

    private void shareOut() {
        try {
            ensureRegistered();
            Set<TopicPartition> mine = new HashSet<>();
            for (String topic : topics) {
                mine.addAll(share(topic));
            }
            release(mine);
            boolean all = claim(mine);
            if (!all) {
                soon(pauseMs);
            }
        } catch (Exception e) {
            log.warn("A rebalance failed, trying again group={} cause={}", group, e.toString());
            soon(pauseMs);
        }
    }

    private List<TopicPartition> share(String topic) throws Exception {
        TreeSet<String> interested = new TreeSet<>();
        for (String member : zookeeper.getChildren().forPath(paths.members(group))) {
            try {
                byte[] data = zookeeper.getData().forPath(paths.member(group, member));
                if (Arrays.asList(new String(data, StandardCharsets.UTF_8).split(",", -1))
                        .contains(topic)) {
                    interested.add(member);
                }
            } catch (KeeperException.NoNodeException e) {
                log.debug("A member left while being read group={} member={}", group, member);
            }
        }
        List<String> partitions = directory.readable(topic).partitions().stream()
                .map(Partition::toString)
                .sorted()
                .toList();
        return RangeShare.of(consumerId, new ArrayList<>(interested), partitions).stream()
                .map(name -> new TopicPartition(topic, new Partition(name)))
                .toList();
    }

    private void release(Set<TopicPartition> mine) throws Exception {
        Set<TopicPartition> gone = new HashSet<>(owned);
        gone.removeAll(mine);
        if (gone.isEmpty()) {
            return;
        }
        reader.giveUp(gone);
        for (TopicPartition each : gone) {
            deleteOwner(each);
            owned.remove(each);
        }
    }

    private void deleteOwner(TopicPartition partition) throws Exception {
        String path = ownerPath(partition);
        try {
            String owner = new String(zookeeper.getData().forPath(path), StandardCharsets.UTF_8);
            if (owner.equals(consumerId)) {
                zookeeper.delete().forPath(path);
            }
        } catch (KeeperException.NoNodeException e) {
            log.debug("An owner node was gone already path={}", path);
        }
    }

    private String ownerPath(TopicPartition partition) {
        return paths.owner(group, partition.topic(), partition.partition().toString());
    }

    /** True when everything is ours now. */
    private boolean claim(Set<TopicPartition> mine) throws Exception {
        boolean all = true;
        for (TopicPartition each : mine) {
            if (!owned.contains(each)) {
                if (createOwner(each)) {
                    all &= begin(each);
                } else {
                    all = false;
                }
            }
        }
        return all;
    }

    private boolean begin(TopicPartition partition) throws Exception {
        try {
            reader.begin(partition);
            owned.add(partition);
            return true;
        } catch (MetaClientException e) {
            log.warn(
                    "Could not begin to read, trying again group={} partition={} cause={}",
                    group,
                    partition,
                    e.toString());
            deleteOwner(partition);
            return false;
        }
    }

    private boolean createOwner(TopicPartition partition) throws Exception {
        byte[] me = consumerId.getBytes(StandardCharsets.UTF_8);
        String path = ownerPath(partition);
        try {
            zookeeper
                    .create()
                    .creatingParentsIfNeeded()
                    .withMode(CreateMode.EPHEMERAL)
                    .forPath(path, me);
            return true;
        } catch (KeeperException.NodeExistsException e) {
            String owner;
            try {
                owner = new String(zookeeper.getData().forPath(path), StandardCharsets.UTF_8);
            } catch (KeeperException.NoNodeException gone) {
                return false;
            }
            log.info("Waiting for a partition path={} owner={}", path, owner);
            if (owner.equals(consumerId)) {
                // Of a session of ours that is not over yet: it must become this session's, or it will vanish with the
                // old one.
                zookeeper.delete().forPath(path);
            }
            return false;
        }
    }

    /** Gives everything up and leaves; blocks. */
    void leave() throws Exception {
        closed = true;
        zookeeper.getConnectionStateListenable().removeListener(sessions);
        if (members != null) {
            members.close();
        }
        if (changes != null) {
            changes.close();
        }
        try {
            thread.submit(() -> {
                        release(Set.of());
                        zookeeper.delete().quietly().forPath(paths.member(group, consumerId));
                        return null;
                    })
                    .get(1, TimeUnit.MINUTES);
        } finally {
            thread.shutdown();
        }
    }
}
