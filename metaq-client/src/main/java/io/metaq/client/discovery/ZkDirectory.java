// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.discovery;

import io.metaq.client.Partition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;

/**
 * The brokers as ZooKeeper has them. A partition whose broker has no address is not offered for writing; an address stays known
 * after its node is gone, so that what is under way finds a restarting broker again.
 */
public final class ZkDirectory implements BrokerDirectory {
    private static final String MASTER = "master";
    private static final long FIRST_LOOK_MS = 10_000;

    private final CuratorFramework zookeeper;
    private final ZkPaths paths;
    private final FollowedNode brokerIds;
    private final Map<String, FollowedNode> followed = new ConcurrentHashMap<>();
    private final Map<String, TopicRoute> publishable = new ConcurrentHashMap<>();
    private final Map<String, TopicRoute> readable = new ConcurrentHashMap<>();
    private final Map<Integer, String> lastKnownUrls = new ConcurrentHashMap<>();
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Object changed = new Object();

    /** Blocks until the brokers' addresses were read once, at most ten seconds. */
    public ZkDirectory(CuratorFramework zookeeper, ZkPaths paths) {
        this.zookeeper = zookeeper;
        this.paths = paths;
        this.brokerIds = new FollowedNode(zookeeper, paths.brokerIds(), this::onChange);
        brokerIds.awaitFirstLook(FIRST_LOOK_MS);
        masters();
    }

    @Override
    public TopicRoute publishable(String topic) {
        TopicRoute known = publishable.get(topic);
        if (known == null) {
            follow(paths.publishers(topic), paths.publishersOfFormat2(topic));
            publishable.put(topic, readPublishable(topic));
            // What changed between reading and putting told nobody to look at this topic again.
            known = publishable.compute(topic, (name, before) -> readPublishable(name));
        }
        return known;
    }

    @Override
    public TopicRoute awaitPublishable(String topic, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        synchronized (changed) {
            TopicRoute route = publishable(topic);
            long left = deadline - System.nanoTime();
            while (route.partitions().isEmpty() && left > 0) {
                TimeUnit.NANOSECONDS.timedWait(changed, Math.max(left, 1_000_000));
                route = publishable(topic);
                left = deadline - System.nanoTime();
            }
            return route;
        }
    }

    @Override
    public TopicRoute readable(String topic) {
        TopicRoute known = readable.get(topic);
        if (known == null) {
            follow(paths.subscribers(topic), paths.subscribersOfFormat2(topic));
            readable.put(topic, readReadable(topic));
            known = readable.compute(topic, (name, before) -> readReadable(name));
        }
        return known;
    }

    private void follow(String... nodes) {
        for (String node : nodes) {
            followed.computeIfAbsent(node, path -> new FollowedNode(zookeeper, path, this::onChange))
                    .awaitFirstLook(FIRST_LOOK_MS);
        }
    }

    private TopicRoute readPublishable(String topic) {
        TopicRoute all = merge(topic, paths.publishers(topic), paths.publishersOfFormat2(topic), true);
        Map<Integer, String> masters = masters();
        List<Partition> reachable = all.partitions().stream()
                .filter(partition -> masters.containsKey(partition.getBrokerId()))
                .toList();
        return new TopicRoute(reachable, all.wrapsBatches());
    }

    private TopicRoute readReadable(String topic) {
        return merge(topic, paths.subscribers(topic), paths.subscribersOfFormat2(topic), false);
    }

    private TopicRoute merge(String topic, String plainNode, String format2Node, boolean mastersOnly) {
        List<Partition> plain =
                TopicNodes.partitions(topic, followed.get(plainNode).below(), mastersOnly);
        List<Partition> wrapping =
                TopicNodes.partitions(topic, followed.get(format2Node).below(), mastersOnly);
        TreeSet<Partition> all = new TreeSet<>(plain);
        all.addAll(wrapping);
        return new TopicRoute(new ArrayList<>(all), !wrapping.isEmpty());
    }

    private Map<Integer, String> masters() {
        Map<Integer, String> masters = new TreeMap<>();
        brokerIds.below().forEach((path, data) -> {
            int slash = path.indexOf('/');
            if (slash > 0 && path.substring(slash + 1).equals(MASTER) && data != null) {
                masters.put(Integer.parseInt(path.substring(0, slash)), new String(data, StandardCharsets.UTF_8));
            }
        });
        lastKnownUrls.putAll(masters);
        return masters;
    }

    private void onChange() {
        if (brokerIds == null) {
            return;
        }
        masters();
        publishable.replaceAll((topic, before) -> readPublishable(topic));
        readable.replaceAll((topic, before) -> readReadable(topic));
        synchronized (changed) {
            changed.notifyAll();
        }
        listeners.forEach(Runnable::run);
    }

    @Override
    public Optional<String> findUrl(int brokerId) {
        return Optional.ofNullable(lastKnownUrls.get(brokerId));
    }

    @Override
    public Optional<String> findReadableUrl(int brokerId) {
        String master = masters().get(brokerId);
        if (master != null) {
            return Optional.of(master);
        }
        String slaves = brokerId + "/slave";
        return brokerIds.below().entrySet().stream()
                .filter(node -> node.getKey().startsWith(slaves))
                .map(node -> new String(node.getValue(), StandardCharsets.UTF_8))
                .findFirst()
                .or(() -> findUrl(brokerId));
    }

    @Override
    public List<String> urls() {
        return List.copyOf(masters().values());
    }

    @Override
    public Registration onChange(Runnable listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    @Override
    public void close() {
        followed.values().forEach(FollowedNode::close);
        brokerIds.close();
    }
}
