// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.boot;

import io.metaq.server.admin.BrokerMetrics;
import io.metaq.server.admin.BrokerStatus;
import io.metaq.server.admin.HttpEndpoint;
import io.metaq.server.admin.PartitionVerbs;
import io.metaq.server.admin.StatusVerb;
import io.metaq.server.admin.TopicVerbs;
import io.metaq.server.command.AdminVerb;
import io.metaq.server.command.CommandConfig;
import io.metaq.server.command.CommandCounters;
import io.metaq.server.command.CommandDispatcher;
import io.metaq.server.command.CoreCommands;
import io.metaq.server.command.StatsSource;
import io.metaq.server.commit.LogStore;
import io.metaq.server.config.BrokerConfig;
import io.metaq.server.log.Disk;
import io.metaq.server.log.NioDisk;
import io.metaq.server.network.NetworkMetrics;
import io.metaq.server.network.NetworkServer;
import io.metaq.server.plugin.BrokerPlugin;
import io.metaq.server.topic.RetentionDaemon;
import io.metaq.server.topic.TopicRegistry;
import io.metaq.server.zookeeper.BrokerRegistration;
import io.metaq.server.zookeeper.EmbeddedZooKeeper;
import io.metaq.server.zookeeper.RegistrationMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running broker: builds everything, starts it in order, closes it in reverse.
 *
 * <p>Order: data directory, ZooKeeper server (when embedded) beside recovery and topics, log writer, ports, registration. So
 * nobody is told of a port that does not answer, and no message is taken that cannot be written.
 */
public final class Broker implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Broker.class);
    private static final String VERSION = "2.0.0";
    private static final long FIRST_REGISTRATION_SECONDS = 10;

    private final Deque<Closeable> started = new ArrayDeque<>();
    private final BrokerConfig config;
    private String url;
    private int port;
    private int httpPort = -1;
    private String zookeeperConnect;
    private LogStore store;
    private TopicRegistry topics;

    private Broker(BrokerConfig config) {
        this.config = config;
    }

    /** As {@link #start(BrokerConfig, List)}, without plug-ins. */
    public static Broker start(BrokerConfig config) throws IOException {
        return start(config, List.of());
    }

    /**
     * Serves and is registered when this returns; after a failure nothing is left running.
     *
     * @param plugins the same whose sections the configuration was read with
     */
    public static Broker start(BrokerConfig config, List<BrokerPlugin> plugins) throws IOException {
        Broker broker = new Broker(config);
        boolean complete = false;
        try {
            broker.startAll(plugins);
            complete = true;
            return broker;
        } finally {
            if (!complete) {
                broker.close();
            }
        }
    }

    private void startAll(List<BrokerPlugin> plugins) throws IOException {
        long startedMs = System.currentTimeMillis();
        config.notes().forEach(LOG::info);
        PrometheusMeterRegistry registry = opened(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), r -> r::close);
        new JvmMemoryMetrics().bindTo(registry);

        Disk disk = new NioDisk();
        store = opened(LogStore.open(config.logStore(), disk, InstantSource.system(), registry), s -> s);
        // Not before the data directory is ours, for its files lie there.
        CompletableFuture<EmbeddedZooKeeper> zookeeper = startEmbeddedZooKeeper();
        topics = new TopicRegistry(
                store, config.topics(), config.brokerId(), config.maxPartitions(), config.dataDirectory());
        BrokerExecutors executors = opened(new BrokerExecutors(), e -> e);
        CommandDispatcher dispatcher = new CommandDispatcher();
        PluginHost host =
                opened(new PluginHost(config, store, topics, registry, dispatcher, executors.forCommands()), h -> h);
        host.open(plugins);
        store.start();
        opened(
                RetentionDaemon.start(topics, disk, InstantSource.system(), ZoneId.systemDefault(), registry),
                retention -> retention);

        NetworkMetrics networkMetrics = new NetworkMetrics(registry);
        NetworkServer network = opened(NetworkServer.bind(config.network(), dispatcher, networkMetrics), n -> n);
        port = network.port();
        url = AdvertisedHost.url(config.hostName() == null ? AdvertisedHost.find() : config.hostName(), port);
        zookeeperConnect = connectString(zookeeper);

        BrokerRegistration registration = config.zookeeper().enabled() ? registration(registry) : null;
        Map<String, Supplier<Optional<String>>> checks = new HashMap<>(host.healthChecks());
        if (registration != null) {
            checks.put("registration", registration::problem);
        }
        BrokerStatus status = new BrokerStatus(config, url, startedMs, store, topics, networkMetrics, checks);
        BrokerMetrics.register(registry, status);
        registerCommands(dispatcher, store, executors, networkMetrics, startedMs, status, host);
        host.start();
        network.accept();
        if (config.httpPort() >= 0) {
            HttpEndpoint http =
                    opened(HttpEndpoint.start(config.httpHost(), config.httpPort(), registry, status), h -> h);
            httpPort = http.port();
        }
        if (registration != null) {
            awaitRegistered(registration);
        }
        LOG.info(
                "Broker serves url={} brokerId={} data={} ms={}",
                url,
                config.brokerId(),
                config.dataDirectory(),
                System.currentTimeMillis() - startedMs);
    }

    private interface Closer<T> {
        Closeable of(T component);
    }

    /** Notes what was started, so that it is closed in reverse. */
    private <T> T opened(T component, Closer<T> closer) {
        started.push(closer.of(component));
        return component;
    }

    /** Beside the recovery of the logs, because both take a while. Null when there is an ensemble. */
    private CompletableFuture<EmbeddedZooKeeper> startEmbeddedZooKeeper() {
        if (!config.zookeeper().enabled() || config.zookeeper().connect() != null) {
            return null;
        }
        CompletableFuture<EmbeddedZooKeeper> starting = new CompletableFuture<>();
        Path directory = config.dataDirectory().resolve("__zookeeper");
        Thread starter = new Thread(
                () -> {
                    try {
                        starting.complete(EmbeddedZooKeeper.start(
                                directory, config.zookeeper().embeddedPort()));
                    } catch (IOException | RuntimeException e) {
                        starting.completeExceptionally(e);
                    }
                },
                "metaq-zookeeper-starter");
        starter.start();
        started.push(() -> {
            try {
                starting.join().close();
            } catch (CompletionException e) {
                LOG.debug("The embedded ZooKeeper had not started", e);
            }
        });
        return starting;
    }

    private String connectString(CompletableFuture<EmbeddedZooKeeper> embedded) throws IOException {
        if (embedded == null) {
            return config.zookeeper().connect();
        }
        try {
            return embedded.get().connectString();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting the embedded ZooKeeper", e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        }
    }

    private void registerCommands(
            CommandDispatcher dispatcher,
            LogStore store,
            BrokerExecutors executors,
            NetworkMetrics networkMetrics,
            long startedMs,
            BrokerStatus status,
            PluginHost plugins) {
        CommandConfig commandConfig = new CommandConfig(
                config.brokerId(),
                url,
                VERSION,
                config.maxMessageBytes(),
                config.maxBatchBytes(),
                config.maxTransferBytes(),
                config.answerMaxOffset(),
                config.getHold(),
                config.maxFetchWait());
        StatsSource stats = new StatsSource(
                config.brokerId(),
                port,
                VERSION,
                startedMs,
                config.sourceText(),
                configChecksum(),
                networkMetrics::connections);
        Map<String, AdminVerb> verbs = new HashMap<>();
        verbs.putAll(new TopicVerbs(topics).all());
        verbs.putAll(new PartitionVerbs(topics).all());
        verbs.put("status", new StatusVerb(status));
        plugins.operatorCommands().forEach((verb, command) -> {
            if (verbs.putIfAbsent(verb, command) != null) {
                throw new IllegalStateException("a plug-in serves the broker's own operator command " + verb);
            }
        });
        CoreCommands.register(
                dispatcher,
                commandConfig,
                topics,
                store.writer(),
                new CommandCounters(name -> topics.find(name).isPresent()),
                stats,
                verbs,
                plugins.putsInTransactions(),
                executors.forCommands());
    }

    private long configChecksum() {
        CRC32 crc = new CRC32();
        crc.update(config.sourceText().getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }

    private BrokerRegistration registration(MeterRegistry registry) {
        return opened(
                new BrokerRegistration(
                        config.zookeeper(),
                        zookeeperConnect,
                        config.brokerId(),
                        url,
                        configChecksum(),
                        topics,
                        new RegistrationMetrics(registry)),
                r -> r);
    }

    /** When ZooKeeper cannot be reached now, registration goes on in the background. */
    private void awaitRegistered(BrokerRegistration registration) throws IOException {
        try {
            registration.start().get(FIRST_REGISTRATION_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while registering", e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            LOG.warn(
                    "Not registered yet; the broker serves, and registers as soon as it can connect={} problem={}",
                    zookeeperConnect,
                    registration.problem().orElse(""));
        }
    }

    /** The port that clients connect to. */
    public int port() {
        return port;
    }

    /** What clients are told to connect to. */
    public String url() {
        return url;
    }

    /** The HTTP port; -1 without one. */
    public int httpPort() {
        return httpPort;
    }

    /** Where ZooKeeper is, the embedded one included; null without. */
    public String zookeeperConnect() {
        return zookeeperConnect;
    }

    public Path dataDirectory() {
        return config.dataDirectory();
    }

    /** The topics, for a program that embeds the broker. */
    public TopicRegistry topics() {
        return topics;
    }

    /** After {@link #close()}: whether all data were forced and the next start will find nothing to recover. */
    public boolean closedCleanly() {
        return store != null && store.closedCleanly();
    }

    /** A clean stop: unregisters, stops the port, settles and forces what waits, closes the logs. Idempotent. */
    @Override
    public void close() {
        while (!started.isEmpty()) {
            Closeable next = started.pop();
            try {
                next.close();
            } catch (IOException | RuntimeException e) {
                LOG.error("Could not close {}", next.getClass().getSimpleName(), e);
            }
        }
    }
}
