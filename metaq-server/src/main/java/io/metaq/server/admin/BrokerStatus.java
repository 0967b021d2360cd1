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

/** How the broker is, in one look. Thread-safe. */
public final class BrokerStatus {
    private final BrokerConfig config;
    private final String url;
    private final long startedMs;
    private final LogStore store;
    private final TopicRegistry topics;
    private final NetworkMetrics network;

    public BrokerStatus(
            BrokerConfig config,
            String url,
            long startedMs,
            LogStore store,
            TopicRegistry topics,
            NetworkMetrics network) {
        this.config = config;
        this.url = url;
        this.startedMs = startedMs;
        this.store = store;
        this.topics = topics;
        this.network = network;
    }

    /** Can every log be written? */
    public boolean isHealthy() {
        return !store.isDiskFull() && store.logs().stream().allMatch(log -> log.state() == LogHandle.State.ONLINE);
    }

    public ObjectNode toJson() {
        GroupCommit writer = store.writer();
        Runtime runtime = Runtime.getRuntime();
        ObjectNode node = JsonNodeFactory.instance
                .objectNode()
                .put("broker", url)
                .put("brokerId", config.brokerId())
                .put("pid", ProcessHandle.current().pid())
                .put("dataPath", config.dataDirectory().toString())
                .put("uptimeMs", System.currentTimeMillis() - startedMs)
                .put("healthy", isHealthy())
                .put("diskFull", store.isDiskFull())
                .put("topics", topics.topics().size())
                .put("partitions", topics.partitionCount())
                .put("connections", network.connections())
                .put("queueDepth", writer.queueDepth())
                .put("forces", writer.forces())
                .put("forcedRecords", writer.forcedRecords())
                .put("heapUsedBytes", runtime.totalMemory() - runtime.freeMemory());
        ArrayNode offline = node.putArray("offlineLogs");
        store.logs().stream()
                .filter(log -> log.state() != LogHandle.State.ONLINE)
                .forEach(log -> offline.addObject()
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
