// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.plugin;

import io.metaq.protocol.Request;
import io.metaq.server.command.AdminVerb;
import io.metaq.server.command.CommandHandler;
import io.metaq.server.commit.LogStore;
import io.metaq.server.config.SectionValues;
import io.metaq.server.topic.TopicRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;

/**
 * What a {@link BrokerPlugin} gets of the broker. Thread-safe; the methods that register something are for {@link
 * BrokerPlugin#open} only and throw {@link IllegalStateException} later, or when somebody else has registered the same.
 */
public interface BrokerContext {
    int brokerId();

    /** The plug-in's own section, checked. */
    SectionValues settings();

    /** The logs: a plug-in opens its own, whose names begin with {@code __}, and appends through the one log writer. */
    LogStore logs();

    TopicRegistry topics();

    MeterRegistry metrics();

    InstantSource clock();

    /** For what blocks; bounded, throws {@link java.util.concurrent.RejectedExecutionException} when full. */
    Executor blocking();

    /** For deadlines; its tasks must not block. */
    ScheduledExecutorService timer();

    /** From now on this answers that command, on the connection's event loop. */
    <R extends Request> void serve(Class<R> command, CommandHandler<R> handler);

    /** From now on this takes the puts that name a transaction. They never reach a partition otherwise. */
    void servePutsInTransactions(CommandHandler<Request.Put> handler);

    /** From now on this runs for the operator command of that name. */
    void serveOperator(String verb, AdminVerb command);

    /**
     * A reason for the broker's health to be red.
     *
     * @param problem what is wrong, in one line; empty when nothing is. Asked from any thread, must not block
     */
    void healthCheck(String name, Supplier<Optional<String>> problem);
}
