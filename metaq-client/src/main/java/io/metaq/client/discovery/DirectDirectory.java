// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.discovery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.metaq.client.Partition;
import io.metaq.client.StatsResult;
import io.metaq.client.net.BrokerLink;
import io.metaq.protocol.Features;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One broker by its address, no ZooKeeper. Our broker is asked by {@code metadata}, an original one by {@code stats}.
 *
 * <p>Nobody tells of changes, so what is known of a topic is asked again, in the background, when it is used and some seconds old.
 *
 * <p>Partition -1 lets the broker choose. It is what is offered for writing where partitions are not known: of a topic that our broker
 * does not have, so that it makes it if one of its patterns says so, or refuses in its own words; and of every topic of an original
 * broker, which tells only those partitions that hold something.
 */
public final class DirectDirectory implements BrokerDirectory {
    private static final Logger log = LoggerFactory.getLogger(DirectDirectory.class);
    private static final int UNKNOWN = -1;
    private static final int WRAPPED_BATCHES = 2;
    private static final long ASK_MS = 5_000;
    private static final long PAUSE_MS = 100;
    private static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long REFRESH_UNKNOWN_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final BrokerLink link;
    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, Known> topics = new ConcurrentHashMap<>();
    private final Set<String> refreshing = ConcurrentHashMap.newKeySet();

    /** What the broker said of a topic, and when. */
    private record Known(TopicRoute readable, TopicRoute publishable, long askedNanos) {
        Known(TopicRoute readable, TopicRoute publishable) {
            this(readable, publishable, System.nanoTime());
        }

        boolean isOld() {
            return System.nanoTime() - askedNanos > (isEmpty() ? REFRESH_UNKNOWN_NANOS : REFRESH_NANOS);
        }

        boolean isEmpty() {
            return readable.partitions().isEmpty();
        }
    }

    public DirectDirectory(BrokerLink link) {
        this.link = link;
    }

    @Override
    public TopicRoute publishable(String topic) {
        return known(topic).map(Known::publishable).orElse(TopicRoute.NONE);
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
        return known(topic).map(Known::readable).orElse(TopicRoute.NONE);
    }

    private Optional<Known> known(String topic) {
        Known known = topics.get(topic);
        if (known == null || known.isOld()) {
            CompletableFuture<Known> asked = refresh(topic);
            if ((known == null || known.isEmpty()) && !link.isOnLoop()) {
                await(topic, asked);
            }
        }
        return Optional.ofNullable(topics.get(topic));
    }

    /** Asks, unless somebody else just does; what was known stays when there is no answer. */
    private CompletableFuture<Known> refresh(String topic) {
        if (!refreshing.add(topic)) {
            return CompletableFuture.completedFuture(null);
        }
        return ask(topic).whenComplete((found, failure) -> {
            if (found != null) {
                topics.put(topic, found);
            }
            refreshing.remove(topic);
        });
    }

    private void await(String topic, CompletableFuture<Known> asked) {
        try {
            asked.get();
        } catch (ExecutionException e) {
            log.debug("Could not ask for a topic broker={} topic={} cause={}", link.url(), topic, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private CompletableFuture<Known> ask(String topic) {
        return link.features()
                .thenCompose(features -> features.contains(Features.METADATA) ? askOurs(topic) : askOriginal(topic));
    }

    private CompletableFuture<Known> askOurs(String topic) {
        return link.ask(opaque -> new Request.Metadata(topic, opaque), ASK_MS).thenCompose(reply -> {
            Reply.Result result = (Reply.Result) reply;
            if (result.code() == StatusCode.NOT_FOUND) {
                return brokerId().thenApply(id -> new Known(TopicRoute.NONE, brokerChooses(id)));
            } else if (!result.isOk()) {
                return CompletableFuture.failedFuture(
                        new IllegalStateException("refused metadata: " + result.code() + " " + result.body()));
            }
            return CompletableFuture.completedFuture(parse(result.body()));
        });
    }

    private Known parse(String metadata) {
        try {
            JsonNode root = json.readTree(metadata);
            JsonNode topic = root.path("topics").path(0);
            int brokerId = root.path("brokerId").asInt(UNKNOWN);
            List<Partition> all = new ArrayList<>();
            for (int number = 0; number < topic.path("partitions").asInt(0); number++) {
                all.add(new Partition(brokerId, number));
            }
            TopicRoute route = new TopicRoute(all, topic.path("format").asInt() == WRAPPED_BATCHES);
            return new Known(route, route);
        } catch (JsonProcessingException e) {
            throw new CompletionException("the answer to metadata is not JSON: " + metadata, e);
        }
    }

    private CompletableFuture<Known> askOriginal(String topic) {
        return brokerId().thenCombine(stats("offsets"), (id, offsets) -> {
            List<Partition> all = offsets.lines()
                    .map(line -> line.split(" ", -1))
                    .filter(words -> words.length > 2 && words[0].equals(topic) && words[1].equals("part"))
                    .map(words -> new Partition(id, Integer.parseInt(words[2])))
                    .sorted()
                    .toList();
            return new Known(new TopicRoute(all, false), brokerChooses(id));
        });
    }

    private static TopicRoute brokerChooses(int brokerId) {
        return new TopicRoute(List.of(new Partition(brokerId, UNKNOWN)), false);
    }

    private CompletableFuture<Integer> brokerId() {
        return stats("").thenApply(general -> {
            String id = StatsResult.parse(general).getValue("broker_id");
            return id == null ? UNKNOWN : Integer.parseInt(id.strip());
        });
    }

    private CompletableFuture<String> stats(String item) {
        return link.ask(opaque -> new Request.Stats(item, opaque), ASK_MS).thenApply(reply -> {
            Reply.Result result = (Reply.Result) reply;
            if (!result.isOk()) {
                throw new CompletionException(
                        "refused stats " + item + ": " + result.code() + " " + result.body(), null);
            }
            return result.body();
        });
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

    /** Nobody tells of changes: whoever wants to know asks again. */
    @Override
    public Registration onChange(Runnable listener) {
        return () -> {};
    }

    @Override
    public void close() {}
}
