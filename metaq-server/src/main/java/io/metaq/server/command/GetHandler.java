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
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

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

    GetHandler(
            TopicRegistry topics,
            CommandConfig config,
            CommandCounters counters,
            Executor readers,
            ScheduledExecutorService timer) {
        this.topics = topics;
        this.config = config;
        this.counters = counters;
        this.readers = readers;
        this.timer = timer;
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
        if (get.offset() == log.visibleEnd() && !config.getHold().isZero()) {
            hold(get, log, exchange);
        } else {
            answer(get, log, exchange);
        }
    }

    private void hold(Request.Get get, LogHandle log, Exchange exchange) {
        HeldGet held = new HeldGet(() -> answer(get, log, exchange));
        held.deadline = timer.schedule(held::finish, config.getHold().toMillis(), TimeUnit.MILLISECONDS);
        held.forget = log.onVisibleBeyond(get.offset(), held::finish);
        held.cleanUpIfDone();
    }

    /** A get that waits for data or its deadline, whichever comes first. */
    private static final class HeldGet {
        private final Runnable answer;
        private final AtomicBoolean done = new AtomicBoolean();
        private volatile ScheduledFuture<?> deadline;
        private volatile Runnable forget;

        HeldGet(Runnable answer) {
            this.answer = answer;
        }

        void finish() {
            if (done.compareAndSet(false, true)) {
                cleanUpIfDone();
                answer.run();
            }
        }

        /** Both are set one after the other while the end may come at any time, so each side cleans what it sees. */
        void cleanUpIfDone() {
            if (done.get()) {
                if (deadline != null) {
                    deadline.cancel(false);
                }
                if (forget != null) {
                    forget.run();
                }
            }
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
