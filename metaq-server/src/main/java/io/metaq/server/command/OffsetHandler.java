// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.TopicRegistry;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** {@code offset}: the nearest valid offset; a record boundary, not the segment's start as in MetaQ 1.4. */
final class OffsetHandler implements CommandHandler<Request.Offset> {
    private final TopicRegistry topics;
    private final CommandCounters counters;
    private final Executor readers;

    OffsetHandler(TopicRegistry topics, CommandCounters counters, Executor readers) {
        this.topics = topics;
        this.counters = counters;
        this.readers = readers;
    }

    @Override
    public void handle(Request.Offset request, Exchange exchange) {
        counters.offset(request.topic());
        Partition partition = topics.find(request.topic())
                .map(t -> t.partition(request.partition()))
                .orElse(null);
        if (partition == null) {
            exchange.result(StatusCode.NOT_FOUND, GetHandler.notExists(request.topic(), request.partition()));
            return;
        }
        try {
            readers.execute(() -> answer(partition.log(), request.offset(), exchange));
        } catch (RejectedExecutionException e) {
            exchange.result(StatusCode.BUSY, "too many reads of cold data; try again");
        }
    }

    private static void answer(LogHandle log, long offset, Exchange exchange) {
        long end = log.visibleEnd();
        long start = log.log().startOffset();
        try {
            long nearest = offset < start ? start : log.log().boundaryAtOrAfter(Math.min(offset, end), end);
            exchange.result(StatusCode.OK, Long.toString(nearest));
        } catch (IOException e) {
            exchange.result(StatusCode.FAILED, "cannot read log " + log.log().name() + ": " + e.getMessage());
        }
    }
}
