// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.discovery;

import io.metaq.client.Partition;
import io.metaq.client.StatsResult;
import io.metaq.client.net.BrokerLink;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One broker by its address, no ZooKeeper. Its id and partitions are asked by {@code stats}, which every broker answers. A broker that
 * does not say how many partitions a topic has gets partition -1: it chooses.
 */
public final class DirectDirectory implements BrokerDirectory {
    private static final Logger log = LoggerFactory.getLogger(DirectDirectory.class);
    private static final int UNKNOWN = -1;
    private static final long ASK_MS = 5_000;
    private static final long PAUSE_MS = 100;

    private final BrokerLink link;
    private final Map<String, TopicRoute> routes = new ConcurrentHashMap<>();

    public DirectDirectory(BrokerLink link) {
        this.link = link;
    }

    @Override
    public TopicRoute publishable(String topic) {
        TopicRoute known = routes.get(topic);
        if (known != null) {
            return known;
        }
        Optional<TopicRoute> asked = ask(topic);
        asked.ifPresent(route -> routes.put(topic, route));
        return asked.orElse(TopicRoute.NONE);
    }

    @Override
    public TopicRoute awaitPublishable(String topic, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        TopicRoute route = publishable(topic);
        while (route.partitions().isEmpty() && deadline - System.nanoTime() > 0) {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
            route = publishable(topic);
        }
        return route;
    }

    @Override
    public TopicRoute readable(String topic) {
        return publishable(topic);
    }

    private Optional<TopicRoute> ask(String topic) {
        try {
            int brokerId = number(stats(""), "broker_id");
            int partitions = number(stats(topic), "partitions");
            List<Partition> found = new ArrayList<>();
            for (int number = 0; number < partitions; number++) {
                found.add(new Partition(brokerId, number));
            }
            if (found.isEmpty()) {
                found.add(new Partition(brokerId, UNKNOWN));
            }
            return Optional.of(new TopicRoute(found, false));
        } catch (ExecutionException e) {
            log.debug("Could not ask for a topic broker={} topic={} cause={}", link.url(), topic, e.toString());
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private StatsResult stats(String item) throws ExecutionException, InterruptedException {
        Reply reply =
                link.ask(opaque -> new Request.Stats(item, opaque), ASK_MS).get();
        return StatsResult.parse(reply instanceof Reply.Result result && result.isOk() ? result.body() : "");
    }

    private static int number(StatsResult stats, String name) {
        String value = stats.getValue(name);
        try {
            return value == null ? UNKNOWN : Integer.parseInt(value.strip());
        } catch (NumberFormatException e) {
            return UNKNOWN;
        }
    }

    @Override
    public Optional<String> findUrl(int brokerId) {
        return Optional.of(link.url());
    }

    @Override
    public Optional<String> findReadableUrl(int brokerId) {
        return Optional.of(link.url());
    }

    @Override
    public List<String> urls() {
        return List.of(link.url());
    }

    /** Nothing changes by itself. */
    @Override
    public void onChange(Runnable listener) {}

    @Override
    public void close() {}
}
