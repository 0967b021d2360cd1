// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** How the broker stands with ZooKeeper. Thread-safe. */
public final class RegistrationMetrics {
    private final AtomicInteger connected = new AtomicInteger();
    private final AtomicInteger registered = new AtomicInteger();
    private final Counter failures;
    private final Counter lostSessions;

    public RegistrationMetrics(MeterRegistry registry) {
        Gauge.builder("metaq_zookeeper_connected", connected, AtomicInteger::get)
                .description("1 while there is a connection to ZooKeeper, else 0.")
                .register(registry);
        Gauge.builder("metaq_zookeeper_registered", registered, AtomicInteger::get)
                .description("1 while ZooKeeper shows this broker and its topics as they are, else 0.")
                .register(registry);
        this.failures = Counter.builder("metaq_zookeeper_registration_failures_total")
                .description("Attempts to register that failed; each is repeated until one holds.")
                .register(registry);
        this.lostSessions = Counter.builder("metaq_zookeeper_lost_sessions_total")
                .description("Sessions that ended while the broker ran; clients did not see it until it was back.")
                .register(registry);
    }

    void connected(boolean now) {
        connected.set(now ? 1 : 0);
    }

    void registered(boolean now) {
        registered.set(now ? 1 : 0);
    }

    void failed() {
        failures.increment();
    }

    void sessionLost() {
        lostSessions.increment();
    }
}
