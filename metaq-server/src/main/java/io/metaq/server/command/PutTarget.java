// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.StatusCode;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.Topic;
import io.metaq.server.topic.TopicException;
import io.metaq.server.topic.TopicRegistry;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Where a put or batch goes: finds the partition, or says in 1.4's words why there is none. A topic that a wildcard section
 * accepts is made first, off the event loop.
 */
final class PutTarget {
    private static final int ANY_PARTITION = -1;

    private final TopicRegistry topics;
    private final CommandConfig config;
    private final Executor blocking;

    PutTarget(TopicRegistry topics, CommandConfig config, Executor blocking) {
        this.topics = topics;
        this.config = config;
        this.blocking = blocking;
    }

    /**
     * Why a put is refused.
     *
     * @param code in 1.4's words, where a topic that is not there is the same 500 as a disk that fails
     * @param batchCode for those who can tell the two apart
     */
    record Refusal(int code, int batchCode, String text) {
        Refusal(int code, String text) {
            this(code, code, text);
        }

        static Refusal notThere(String text) {
            return new Refusal(StatusCode.FAILED, StatusCode.NOT_FOUND, text);
        }
    }

    /** Calls exactly one of the two, at once or, when the topic has to be made, on another thread. */
    void find(String topic, int partition, Consumer<Partition> found, Consumer<Refusal> refused) {
        Topic known = topics.find(topic).orElse(null);
        if (known == null && topics.mayCreateOnPut(topic)) {
            createThenFind(topic, partition, found, refused);
            return;
        }
        choose(known, topic, partition, found, refused);
    }

    private void createThenFind(String topic, int partition, Consumer<Partition> found, Consumer<Refusal> refused) {
        try {
            blocking.execute(() -> {
                Topic made;
                try {
                    made = topics.createOnPut(topic);
                } catch (IOException | TopicException e) {
                    refused.accept(new Refusal(StatusCode.FAILED, failed(topic, partition, e.getMessage())));
                    return;
                }
                choose(made, topic, partition, found, refused);
            });
        } catch (RejectedExecutionException e) {
            refused.accept(new Refusal(StatusCode.BUSY, failed(topic, partition, "the broker is busy; try again")));
        }
    }

    private void choose(Topic topic, String name, int partition, Consumer<Partition> found, Consumer<Refusal> refused) {
        if (topic == null) {
            refused.accept(Refusal.notThere(failed(name, partition, "The server do not accept topic " + name)));
            return;
        }
        if (!topic.settings().acceptPublish()) {
            refused.accept(new Refusal(
                    StatusCode.FORBIDDEN, failed(name, partition, "topic " + name + " has acceptPublish=false")));
            return;
        }
        Partition chosen = partition == ANY_PARTITION ? anyOpen(topic) : topic.partition(partition);
        if (chosen == null) {
            refused.accept(Refusal.notThere(failed(name, partition, "wrong partition " + partition)));
        } else if (chosen.isClosed()) {
            refused.accept(new Refusal(
                    StatusCode.FORBIDDEN,
                    failed(
                            name,
                            partition,
                            "partition[" + config.brokerId() + "-" + chosen.index() + "] has been closed")));
        } else {
            found.accept(chosen);
        }
    }

    /** Any open partition, else any. */
    private static Partition anyOpen(Topic topic) {
        List<Partition> open =
                topic.partitions().stream().filter(p -> !p.isClosed()).toList();
        List<Partition> from = open.isEmpty() ? topic.partitions() : open;
        return from.get(ThreadLocalRandom.current().nextInt(from.size()));
    }

    private String failed(String topic, int partition, String detail) {
        return AppendAnswers.putFailed(config.brokerUrl(), topic, partition) + "Detail:" + detail;
    }
}
