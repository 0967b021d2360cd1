// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.log.LogSlice;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.TopicRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * {@code fetch}: many partitions with one request. When none of them has anything to say it waits, for the first that has
 * or for the deadline.
 */
final class FetchHandler implements CommandHandler<Request.Fetch> {
    private final TopicRegistry topics;
    private final CommandConfig config;
    private final CommandCounters counters;
    private final Executor readers;
    private final ScheduledExecutorService timer;
    private final HoldLimit holds;

    FetchHandler(
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
    public void handle(Request.Fetch fetch, Exchange exchange) {
        if (fetch.maxBytes() <= 0 || fetch.partitions().isEmpty()) {
            exchange.result(StatusCode.BAD_REQUEST, "a fetch needs partitions and a maxBytes above 0");
            return;
        }
        fetch.partitions().forEach(partition -> counters.get(partition.topic()));
        int partitions = fetch.partitions().size();
        if (fetch.maxWaitMs() <= 0 || hasSomethingToSay(fetch) || !holds.tryTake(partitions)) {
            answer(fetch, exchange);
        } else {
            new Waiting(fetch, exchange).start();
        }
    }

    private Partition find(Request.FetchPartition wanted) {
        return topics.find(wanted.topic())
                .map(t -> t.partition(wanted.partition()))
                .orElse(null);
    }

    /** Enough data, or an answer other than "nothing there yet", which the client should learn at once. */
    private boolean hasSomethingToSay(Request.Fetch fetch) {
        long available = 0;
        for (Request.FetchPartition wanted : fetch.partitions()) {
            Partition partition = find(wanted);
            if (partition == null || partition.isClosed()) {
                return true;
            }
            long end = partition.log().visibleEnd();
            if (wanted.offset() > end || wanted.offset() < partition.log().log().startOffset()) {
                return true;
            }
            available += end - wanted.offset();
        }
        return available >= Math.max(1, fetch.minBytes());
    }

    /**
     * A fetch that waits on several logs, each watched once. News only ask for a look, on the connection's event loop; many
     * news that come before it cost one look.
     */
    private final class Waiting {
        private final Request.Fetch fetch;
        private final Exchange exchange;
        private final HeldRequest held;
        private final AtomicBoolean lookIsDue = new AtomicBoolean();
        /** What stops the watch on each log. Of the event loop, but for the end. */
        private final Map<LogHandle, Runnable> watches = new ConcurrentHashMap<>();

        Waiting(Request.Fetch fetch, Exchange exchange) {
            this.fetch = fetch;
            this.exchange = exchange;
            this.held = new HeldRequest(exchange.connection(), () -> answer(fetch, exchange));
        }

        void start() {
            held.onEnd(() -> holds.giveBack(fetch.partitions().size()));
            held.onEnd(this::stopWatching);
            held.start(timer, Math.min(fetch.maxWaitMs(), config.maxFetchWait().toMillis()), () -> fetch.partitions()
                    .forEach(partition -> counters.getMiss(partition.topic())));
            Map<LogHandle, Long> offsets = new HashMap<>();
            for (Request.FetchPartition wanted : fetch.partitions()) {
                Partition partition = find(wanted);
                if (partition != null) {
                    offsets.merge(partition.log(), wanted.offset(), Math::min);
                }
            }
            offsets.forEach(this::watch);
        }

        private void watch(LogHandle log, long offset) {
            Runnable before = watches.put(log, log.onVisibleBeyond(offset, this::askForLook));
            if (before != null) {
                before.run();
            }
            if (held.hasEnded()) {
                stopWatching();
            }
        }

        private void stopWatching() {
            watches.values().forEach(Runnable::run);
        }

        private void askForLook() {
            if (lookIsDue.compareAndSet(false, true)) {
                exchange.connection().execute(this::look);
            }
        }

        /** First watches anew, so that what comes after the look is not missed. */
        private void look() {
            lookIsDue.set(false);
            if (held.hasEnded()) {
                return;
            }
            if (fetch.minBytes() > 1) {
                for (LogHandle log : List.copyOf(watches.keySet())) {
                    watch(log, log.visibleEnd());
                }
                if (!hasSomethingToSay(fetch)) {
                    return;
                }
            }
            held.end();
        }
    }

    private void answer(Request.Fetch fetch, Exchange exchange) {
        boolean blocks = fetch.partitions().stream().anyMatch(wanted -> {
            Partition partition = find(wanted);
            return partition != null && PartitionReader.mayBlock(partition.log(), wanted.offset());
        });
        if (!blocks) {
            read(fetch, exchange);
            return;
        }
        try {
            readers.execute(() -> read(fetch, exchange));
        } catch (RejectedExecutionException e) {
            exchange.result(StatusCode.BUSY, "too many reads of cold data; try again");
        }
    }

    private void read(Request.Fetch fetch, Exchange exchange) {
        List<Object> parts = new ArrayList<>();
        int total = 0;
        int budget = Math.min(fetch.maxBytes(), config.maxBatchBytes());
        for (Request.FetchPartition wanted : fetch.partitions()) {
            if (budget <= 0) {
                break; // those left out are asked again
            }
            PartitionReader.Answer answer = readOne(wanted, Math.min(budget, Math.max(1, wanted.maxBytes())));
            int bytes = addPart(parts, wanted, answer, exchange);
            total += bytes;
            budget -= answer.slice() == null ? 0 : answer.slice().lengthBytes();
        }
        exchange.value(parts, total);
    }

    private PartitionReader.Answer readOne(Request.FetchPartition wanted, int maxBytes) {
        Partition partition = find(wanted);
        if (partition == null) {
            return PartitionReader.Answer.error(
                    StatusCode.NOT_FOUND, GetHandler.notExists(wanted.topic(), wanted.partition()));
        }
        if (partition.isClosed()) {
            return PartitionReader.Answer.error(
                    StatusCode.FORBIDDEN,
                    "Partition[" + config.brokerId() + "-" + wanted.partition() + "] has been closed");
        }
        return PartitionReader.read(partition.log(), wanted.offset(), maxBytes, true);
    }

    private int addPart(
            List<Object> parts, Request.FetchPartition wanted, PartitionReader.Answer answer, Exchange exchange) {
        Partition partition = find(wanted);
        LogSlice slice = answer.slice();
        byte[] text = answer.text().getBytes(StandardCharsets.UTF_8);
        int length = slice == null ? text.length : slice.lengthBytes();
        ByteBuf line = exchange.allocator().buffer(128);
        ByteBufUtil.writeAscii(
                line,
                wanted.topic() + " " + wanted.partition() + " " + answer.code() + " " + answer.nextOffset() + " "
                        + (partition == null ? -1 : partition.log().visibleEnd()) + " " + length + "\r\n");
        parts.add(line);
        int bytes = line.readableBytes() + length;
        if (slice == null) {
            line.writeBytes(text);
        } else {
            parts.add(slice);
        }
        return bytes;
    }
}
