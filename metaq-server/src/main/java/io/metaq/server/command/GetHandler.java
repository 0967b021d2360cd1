// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.TopicRegistry;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;

/**
 * {@code get}: raw records of one partition. At the end of the log it says 404 at once; where {@code getHoldMs} is set it waits
 * so long for data first, because a 1.4 consumer pauses for at least half a second after each 404.
 */
final class GetHandler implements CommandHandler<Request.Get> {
    private final TopicRegistry topics;
    private final CommandConfig config;
    private final CommandCounters counters;
    private final Executor readers;
    private final ScheduledExecutorService timer;
    private final HoldLimit holds;

    GetHandler(
            TopicRegistry topics,
            CommandConfig config,
            CommandCounters counters,
            Executor readers,
            ScheduledExecutorService timer,
            HoldLimit holds) {
        this.topics = topics;
        this.config = config;
        this.counters = counters;
        this.readers = readers;
        this.timer = timer;
        this.holds = holds;
    }

    @Override
    public void handle(Request.Get get, Exchange exchange) {
        counters.get(get.topic());
        Partition partition =
                topics.find(get.topic()).map(t -> t.partition(get.partition())).orElse(null);
        if (partition == null) {
            miss(get, exchange, StatusCode.NOT_FOUND, notExists(get.topic(), get.partition()));
        } else if (partition.isClosed()) {
            exchange.result(
                    StatusCode.FORBIDDEN,
                    "Partition[" + config.brokerId() + "-" + get.partition() + "] has been closed");
        } else if (get.maxBytes() <= 0) {
            exchange.result(StatusCode.BAD_REQUEST, "Bad request,invalid max size:" + get.maxBytes());
        } else {
            answerOrWait(get, partition.log(), exchange);
        }
    }

    static String notExists(String topic, int partition) {
        return "The topic `" + topic + "` in partition `" + partition + "` is not exists";
    }

    private void answerOrWait(Request.Get get, LogHandle log, Exchange exchange) {
        if (get.offset() == log.visibleEnd() && !config.getHold().isZero() && holds.tryTake(1)) {
            HeldRequest held = new HeldRequest(exchange.connection(), () -> answer(get, log, exchange));
            held.onEnd(() -> holds.giveBack(1));
            held.start(timer, config.getHold().toMillis(), () -> {});
            held.onEnd(log.onVisibleBeyond(get.offset(), held::end));
        } else {
            answer(get, log, exchange);
        }
    }

    private void answer(Request.Get get, LogHandle log, Exchange exchange) {
        if (!PartitionReader.mayBlock(log, get.offset())) {
            read(get, log, exchange);
            return;
        }
        try {
            readers.execute(() -> read(get, log, exchange));
        } catch (RejectedExecutionException e) {
            exchange.result(StatusCode.BUSY, "too many reads of cold data; try again");
        }
    }

    private void read(Request.Get get, LogHandle log, Exchange exchange) {
        int maxBytes = Math.min(get.maxBytes(), config.maxTransferBytes());
        PartitionReader.Answer answer = PartitionReader.read(log, get.offset(), maxBytes, config.answerMaxOffset());
        if (answer.code() == StatusCode.OK) {
            exchange.value(answer.slice());
        } else if (answer.code() == StatusCode.MOVED) {
            exchange.result(StatusCode.MOVED, Long.toString(answer.nextOffset()));
        } else {
            miss(get, exchange, answer.code(), answer.text());
        }
    }

    private void miss(Request.Get get, Exchange exchange, int code, String text) {
        counters.getMiss(get.topic());
        exchange.result(code, text);
    }
}
