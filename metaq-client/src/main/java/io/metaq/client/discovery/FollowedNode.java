// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.discovery;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;

/** A node and what is below it, followed through changes and lost sessions. */
final class FollowedNode implements AutoCloseable {
    private final String path;
    private final CuratorCache cache;
    private final CountDownLatch firstLook = new CountDownLatch(1);

    FollowedNode(CuratorFramework zookeeper, String path, Runnable onChange) {
        this.path = path;
        this.cache = CuratorCache.build(zookeeper, path);
        cache.listenable()
                .addListener(CuratorCacheListener.builder()
                        .forAll((type, before, after) -> {
                            if (firstLook.getCount() == 0) {
                                onChange.run();
                            }
                        })
                        .forInitialized(() -> {
                            firstLook.countDown();
                            onChange.run();
                        })
                        .build());
        cache.start();
    }

    /** False when ZooKeeper did not answer in time; what is known later comes as a change. */
    boolean awaitFirstLook(long timeoutMs) {
        try {
            return firstLook.await(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Data by path below the node, without a slash in front. */
    Map<String, byte[]> below() {
        Map<String, byte[]> found = new HashMap<>();
        cache.stream()
                .filter(node -> node.getPath().length() > path.length())
                .forEach(node -> found.put(node.getPath().substring(path.length() + 1), node.getData()));
        return found;
    }

    @Override
    public void close() {
        cache.close();
    }
}
