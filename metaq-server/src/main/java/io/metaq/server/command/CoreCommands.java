// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Announcement;
import io.metaq.protocol.Request;
import io.metaq.protocol.SendLimits;
import io.metaq.protocol.StatusCode;
import io.metaq.server.commit.GroupCommit;
import io.metaq.server.topic.TopicRegistry;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/** The handlers of all commands that the broker itself serves; {@code transaction} and {@code sync} are for plug-ins. */
public final class CoreCommands {
    /** Some 300 bytes each while they wait. */
    private static final int MAX_HELD_PARTITIONS = 100_000;

    private CoreCommands() {}

    /**
     * @param readers for reads that may block on the disk; bounded, rejects when full
     * @param blocking for changes and operator commands; bounded, rejects when full
     * @param timer for deadlines; its tasks do not block
     */
    public record Executors(Executor readers, Executor blocking, ScheduledExecutorService timer) {}

    /** @param putsInTransactions null: without a plug-in for transactions such puts are refused */
    public static void register(
            CommandDispatcher dispatcher,
            CommandConfig config,
            TopicRegistry topics,
            GroupCommit writer,
            CommandCounters counters,
            StatsSource stats,
            Map<String, AdminVerb> adminVerbs,
            CommandHandler<Request.Put> putsInTransactions,
            Executors executors) {
        HoldLimit holds = new HoldLimit(MAX_HELD_PARTITIONS);
        PutTarget target = new PutTarget(topics, config, executors.blocking());
        dispatcher.register(Request.Put.class, new PutHandler(target, writer, config, counters, putsInTransactions));
        dispatcher.register(Request.BatchPut.class, new BatchPutHandler(target, topics, writer, config, counters));
        dispatcher.register(Request.Oversized.class, new OversizedHandler(config, counters));
        dispatcher.register(
                Request.Get.class,
                new GetHandler(topics, config, counters, executors.readers(), executors.timer(), holds));
        dispatcher.register(
                Request.Fetch.class,
                new FetchHandler(topics, config, counters, executors.readers(), executors.timer(), holds));
        dispatcher.register(Request.Offset.class, new OffsetHandler(topics, counters, executors.readers()));
        dispatcher.register(Request.Seek.class, new SeekHandler(topics, executors.readers()));
        dispatcher.register(Request.NewProducer.class, new NewProducerHandler(topics, executors.blocking()));
        dispatcher.register(Request.Metadata.class, new MetadataHandler(topics, config));
        dispatcher.register(Request.Stats.class, new StatsHandler(topics, counters, stats));
        dispatcher.register(Request.Admin.class, new AdminHandler(adminVerbs, executors.blocking()));
        String version = Announcement.ofEverything(new SendLimits(config.maxMessageBytes(), config.maxBatchBytes()))
                .text(config.version());
        dispatcher.register(Request.Version.class, (request, exchange) -> exchange.result(StatusCode.OK, version));
    }
}
