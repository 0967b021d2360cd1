// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.protocol.Request;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the network counts. Thread-safe. */
public final class NetworkMetrics {
    private final MeterRegistry registry;
    private final Map<Class<?>, Counter> requests = new ConcurrentHashMap<>();
    private final Counter malformed;
    private final Counter refused;
    private final AtomicInteger connections = new AtomicInteger();

    public NetworkMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.malformed = Counter.builder("metaq_network_malformed_frames_total")
                .description("Frames that were none; each closes its connection.")
                .register(registry);
        this.refused = Counter.builder("metaq_network_refused_connections_total")
                .description("Connections that were closed because maxConnections were there.")
                .register(registry);
        Gauge.builder("metaq_network_connections", connections, AtomicInteger::get)
                .description("Connections of clients.")
                .register(registry);
    }

    void request(Request request) {
        requests.computeIfAbsent(request.getClass(), type -> Counter.builder("metaq_network_requests_total")
                        .description("Requests, by command.")
                        .tag("command", type.getSimpleName().toLowerCase(Locale.ROOT))
                        .register(registry))
                .increment();
    }

    /** Requests of this kind since the start. */
    public long requests(Class<? extends Request> type) {
        Counter counter = requests.get(type);
        return counter == null ? 0 : (long) counter.count();
    }

    void malformedFrame() {
        malformed.increment();
    }

    void refusedConnection() {
        refused.increment();
    }

    int opened() {
        return connections.incrementAndGet();
    }

    void closed() {
        connections.decrementAndGet();
    }

    public int connections() {
        return connections.get();
    }
}
