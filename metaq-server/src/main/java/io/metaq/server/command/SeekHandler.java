// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.TopicRegistry;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** {@code seek}: from a time to an offset. */
final class SeekHandler implements CommandHandler<Request.Seek> {
    private final TopicRegistry topics;
    private final Executor readers;

    SeekHandler(TopicRegistry topics, Executor readers) {
        this.topics = topics;
        this.readers = readers;
    }

    @Override
    public void handle(Request.Seek seek, Exchange exchange) {
        Partition partition = topics.find(seek.topic())
                .map(t -> t.partition(seek.partition()))
                .orElse(null);
        if (partition == null) {
            exchange.result(StatusCode.NOT_FOUND, GetHandler.notExists(seek.topic(), seek.partition()));
            return;
        }
        try {
            readers.execute(() -> answer(partition, seek.timestampMs(), exchange));
        } catch (RejectedExecutionException e) {
            exchange.result(StatusCode.BUSY, "too many reads of cold data; try again");
        }
    }

    private static void answer(Partition partition, long timestampMs, Exchange exchange) {
        try {
            long found = partition.log().log().offsetAt(timestampMs);
            exchange.result(
                    StatusCode.OK, Long.toString(Math.min(found, partition.log().visibleEnd())));
        } catch (IOException e) {
            exchange.result(
                    StatusCode.FAILED,
                    "cannot read log " + partition.log().log().name() + ": " + e.getMessage());
        }
    }
}
