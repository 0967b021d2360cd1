// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.boot;

import io.metaq.protocol.Request;
import io.metaq.server.command.AdminVerb;
import io.metaq.server.command.CommandDispatcher;
import io.metaq.server.command.CommandHandler;
import io.metaq.server.command.CoreCommands;
import io.metaq.server.commit.LogStore;
import io.metaq.server.config.BrokerConfig;
import io.metaq.server.config.SectionValues;
import io.metaq.server.plugin.BrokerContext;
import io.metaq.server.plugin.BrokerPlugin;
import io.metaq.server.topic.TopicRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens the plug-ins, collects what they serve, starts them, and closes them in reverse. Used by the starting thread. */
final class PluginHost implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginHost.class);

    private final BrokerConfig config;
    private final LogStore logs;
    private final TopicRegistry topics;
    private final MeterRegistry metrics;
    private final CommandDispatcher dispatcher;
    private final CoreCommands.Executors executors;
    private final Deque<BrokerPlugin> opened = new ArrayDeque<>();
    private final Map<String, AdminVerb> operatorCommands = new HashMap<>();
    private final Map<String, Supplier<Optional<String>>> healthChecks = new HashMap<>();
    private CommandHandler<Request.Put> putsInTransactions;
    private boolean opening = true;

    PluginHost(
            BrokerConfig config,
            LogStore logs,
            TopicRegistry topics,
            MeterRegistry metrics,
            CommandDispatcher dispatcher,
            CoreCommands.Executors executors) {
        this.config = config;
        this.logs = logs;
        this.topics = topics;
        this.metrics = metrics;
        this.dispatcher = dispatcher;
        this.executors = executors;
    }

    /** Before the log writer runs. */
    void open(List<BrokerPlugin> plugins) throws IOException {
        for (BrokerPlugin plugin : plugins) {
            opened.push(plugin);
            plugin.open(new Context(plugin.name()));
            LOG.info("Opened plug-in name={}", plugin.name());
        }
        opening = false;
    }

    /** Once the log writer runs, before the first client is served. */
    void start() throws IOException {
        for (BrokerPlugin plugin : (Iterable<BrokerPlugin>) opened::descendingIterator) {
            plugin.start();
        }
    }

    /** Null: nobody takes them. */
    CommandHandler<Request.Put> putsInTransactions() {
        return putsInTransactions;
    }

    Map<String, AdminVerb> operatorCommands() {
        return operatorCommands;
    }

    Map<String, Supplier<Optional<String>>> healthChecks() {
        return healthChecks;
    }

    /** Every plug-in is closed, whatever another one throws. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            BrokerPlugin plugin = opened.pop();
            try {
                plugin.close();
            } catch (IOException | RuntimeException e) {
                LOG.error("Could not close plug-in name={}", plugin.name(), e);
            }
        }
    }

    private final class Context implements BrokerContext {
        private final String plugin;

        Context(String plugin) {
            this.plugin = plugin;
        }

        @Override
        public int brokerId() {
            return config.brokerId();
        }

        @Override
        public SectionValues settings() {
            return config.plugins().get(plugin);
        }

        @Override
        public LogStore logs() {
            return logs;
        }

        @Override
        public TopicRegistry topics() {
            return topics;
        }

        @Override
        public MeterRegistry metrics() {
            return metrics;
        }

        @Override
        public InstantSource clock() {
            return InstantSource.system();
        }

        @Override
        public Executor blocking() {
            return executors.blocking();
        }

        @Override
        public ScheduledExecutorService timer() {
            return executors.timer();
        }

        @Override
        public <R extends Request> void serve(Class<R> command, CommandHandler<R> handler) {
            requireOpening();
            dispatcher.register(command, handler);
        }

        @Override
        public void servePutsInTransactions(CommandHandler<Request.Put> handler) {
            requireOpening();
            if (putsInTransactions != null) {
                throw new IllegalStateException(plugin + ": puts in transactions are served already");
            }
            putsInTransactions = handler;
        }

        @Override
        public void serveOperator(String verb, AdminVerb command) {
            requireOpening();
            if (operatorCommands.putIfAbsent(verb, command) != null) {
                throw new IllegalStateException(plugin + ": operator command " + verb + " is served already");
            }
        }

        @Override
        public void healthCheck(String name, Supplier<Optional<String>> problem) {
            requireOpening();
            if (healthChecks.putIfAbsent(name, problem) != null) {
                throw new IllegalStateException(plugin + ": there is a health check " + name + " already");
            }
        }

        private void requireOpening() {
            if (!opening) {
                throw new IllegalStateException(plugin + " registers something after it was opened");
            }
        }
    }
}
