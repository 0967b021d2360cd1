// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.metaq.server.commit.GroupCommit;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.commit.LogStore;
import io.metaq.server.config.BrokerConfig;
import io.metaq.server.network.NetworkMetrics;
import io.metaq.server.topic.TopicRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** How the broker is, in one look. Thread-safe. */
public final class BrokerStatus {
    private static final int MAX_LOGS_TOLD = 10;

    private final BrokerConfig config;
    private final String url;
    private final long startedMs;
    private final LogStore store;
    private final TopicRegistry topics;
    private final NetworkMetrics network;
    private final Map<String, Supplier<Optional<String>>> checks;

    /** @param checks more that can be wrong, by the name of who knows it */
    public BrokerStatus(
            BrokerConfig config,
            String url,
            long startedMs,
            LogStore store,
            TopicRegistry topics,
            NetworkMetrics network,
            Map<String, Supplier<Optional<String>>> checks) {
        this.config = config;
        this.url = url;
        this.startedMs = startedMs;
        this.store = store;
        this.topics = topics;
        this.network = network;
        this.checks = new TreeMap<>(checks);
    }

    /** What keeps the broker from doing all it should, a line each; empty when it is healthy. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (isDiskFull()) {
            problems.add("the disk is full: writes are refused, reads go on; writes resume when there is room");
        }
        List<LogHandle> offline = offlineLogs();
        offline.stream()
                .limit(MAX_LOGS_TOLD)
                .forEach(log -> problems.add("log " + log.log().name() + " is offline: " + log.stateReason()
                        + "; it refuses writes until the broker restarts"));
        if (offline.size() > MAX_LOGS_TOLD) {
            problems.add((offline.size() - MAX_LOGS_TOLD) + " more logs are offline; see /status");
        }
        checks.forEach((name, check) -> check.get().ifPresent(problem -> problems.add(name + ": " + problem)));
        return problems;
    }

    boolean isDiskFull() {
        return store.isDiskFull();
    }

    /** Not those that are closed, for their topic is being deleted. */
    private List<LogHandle> offlineLogs() {
        return store.logs().stream()
                .filter(log -> log.state() == LogHandle.State.OFFLINE)
                .toList();
    }

    int offlineLogCount() {
        return offlineLogs().size();
    }

    int topicCount() {
        return topics.topics().size();
    }

    int partitionCount() {
        return topics.partitionCount();
    }

    public ObjectNode toJson() {
        List<String> problems = problems();
        GroupCommit writer = store.writer();
        Runtime runtime = Runtime.getRuntime();
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("broker", url)
                .put("brokerId", config.brokerId())
                .put("pid", ProcessHandle.current().pid())
                .put("dataPath", config.dataDirectory().toString())
                .put("uptimeMs", System.currentTimeMillis() - startedMs)
                .put("healthy", problems.isEmpty())
                .put("diskFull", isDiskFull())
                .put("topics", topicCount())
                .put("partitions", partitionCount())
                .put("connections", network.connections())
                .put("queueDepth", writer.queueDepth())
                .put("forces", writer.forces())
                .put("forcedRecords", writer.forcedRecords())
                .put("heapUsedBytes", runtime.totalMemory() - runtime.freeMemory());
        problems.forEach(node.putArray("problems")::add);
        ArrayNode offline = node.putArray("offlineLogs");
        offlineLogs().forEach(log -> offline.addObject()
                .put("log", log.log().name())
                .put("state", log.state().name())
                .put("reason", log.stateReason()));
        ArrayNode damaged = node.putArray("recovered");
        store.recoveries().stream().filter(report -> !report.isUneventful()).forEach(report -> {
            ObjectNode entry = damaged.addObject().put("log", report.log());
            report.cuts().forEach(cut -> entry.withArray("cuts")
                    .addObject()
                    .put("file", cut.file().toString())
                    .put("offset", cut.offset())
                    .put("bytes", cut.bytes())
                    .put("why", cut.why()));
            report.damage().forEach(damage -> entry.withArray("damage")
                    .addObject()
                    .put("file", damage.file().toString())
                    .put("position", damage.position())
                    .put("offset", damage.offset())
                    .put("what", damage.what()));
        });
        return node;
    }
}
