// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** What {@code /health} and {@code /status} tell, as figures. */
public final class BrokerMetrics {
    private BrokerMetrics() {}

    /** The registry keeps the status. */
    public static void register(MeterRegistry registry, BrokerStatus status) {
        gauge(
                registry,
                status,
                "metaq_broker_healthy",
                "1 while /health answers ok, else 0.",
                s -> s.problems().isEmpty() ? 1 : 0);
        gauge(
                registry,
                status,
                "metaq_broker_disk_full",
                "1 while writes are refused for want of room, else 0.",
                s -> s.isDiskFull() ? 1 : 0);
        gauge(
                registry,
                status,
                "metaq_broker_offline_logs",
                "Logs that refuse writes until the broker restarts.",
                BrokerStatus::offlineLogCount);
        gauge(registry, status, "metaq_broker_topics", "Topics of this broker.", BrokerStatus::topicCount);
        gauge(registry, status, "metaq_broker_partitions", "Partitions of all topics.", BrokerStatus::partitionCount);
    }

    private static void gauge(
            MeterRegistry registry,
            BrokerStatus status,
            String name,
            String description,
            ToDoubleFunction<BrokerStatus> value) {
        Gauge.builder(name, status, value)
                .description(description)
                .strongReference(true)
                .register(registry);
    }
}
