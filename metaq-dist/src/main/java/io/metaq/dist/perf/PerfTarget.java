// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.perf;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.dist.process.BrokerAdmin;
import io.metaq.dist.process.TemporaryBroker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The broker that is measured, and topics on it. */
public final class PerfTarget implements AutoCloseable {
    /** As {@code scripts/metaq broker} starts one. */
    private static final List<String> BROKER_JVM = List.of("-Xms64m", "-Xmx1g", "-XX:+UseParallelGC");

    private final String url;
    private final BrokerAdmin admin;
    private final TemporaryBroker own;
    private int topics;

    private PerfTarget(String url, TemporaryBroker own) {
        this.url = url;
        this.admin = new BrokerAdmin(url);
        this.own = own;
    }

    /** A broker in a process of its own, with data in a temporary directory. */
    public static PerfTarget startOwn() throws IOException, InterruptedException {
        TemporaryBroker broker = TemporaryBroker.prepare("metaq-perf", BROKER_JVM);
        try {
            broker.process().start();
        } catch (IOException | InterruptedException e) {
            broker.close();
            throw e;
        }
        return new PerfTarget(broker.process().url(), broker);
    }

    /** A broker that runs already, on this machine: its topics are made by operator commands. */
    public static PerfTarget at(String url) throws BrokerAdmin.AdminException {
        PerfTarget target = new PerfTarget(url, null);
        try {
            target.admin.requireReachable();
        } catch (BrokerAdmin.AdminException e) {
            target.admin.close();
            throw e;
        }
        return target;
    }

    /** Where raw measurements of the disk belong. */
    public Path dataDirectory() {
        return own != null ? own.process().dataDirectory() : Path.of(System.getProperty("java.io.tmpdir"));
    }

    String newTopic(int partitions, boolean sync) throws BrokerAdmin.AdminException {
        topics++;
        String topic = "perf-" + ProcessHandle.current().pid() + "-" + topics;
        admin.createTopic(
                topic,
                Map.of(
                        "numPartitions",
                        Integer.toString(partitions),
                        "unflushThreshold",
                        sync ? "0" : "10000",
                        "unflushInterval",
                        "1000"));
        return topic;
    }

    void deleteTopic(String topic) throws BrokerAdmin.AdminException {
        admin.run("topic-delete", admin.object().put("topic", topic));
    }

    JsonNode status() throws BrokerAdmin.AdminException {
        return admin.status();
    }

    JsonNode describe(String topic) throws BrokerAdmin.AdminException {
        return admin.describe(topic);
    }

    MetaMessageSessionFactory sessions() throws MetaClientException {
        return new MetaMessageSessionFactory(
                MetaClientConfig.builder().serverUrl(url).build());
    }

    @Override
    public void close() throws IOException {
        admin.close();
        if (own != null) {
            own.close();
        }
    }
}
