// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.metaq.client.Partition;
import io.metaq.client.net.BrokerLink;
import io.metaq.protocol.Features;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.protocol.Request.FetchPartition;
import io.metaq.protocol.StatusCode;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Reads from one broker. Where it speaks {@code fetch}, wishes that come up together travel in one long-poll; an original broker gets
 * one {@code get} each. Thread-safe, never blocks; answers come on an event loop.
 */
final class BrokerReader {
    private static final int MOST_BYTES = 8 << 20;

    private final BrokerLink link;
    private final String group;
    private final int maxWaitMs;
    private final long timeoutMs;
    private final Executor gathering;
    private final List<Wish> wishes = new ArrayList<>();

    /** A question that waits for its answer. */
    private record Wish(FetchPartition wanted, CompletableFuture<ReadAnswer> answer) {}

    BrokerReader(BrokerLink link, String group, int maxWaitMs, long timeoutMs, Executor gathering) {
        this.link = link;
        this.group = group;
        this.maxWaitMs = maxWaitMs;
        this.timeoutMs = timeoutMs;
        this.gathering = gathering;
    }

    CompletableFuture<ReadAnswer> read(String topic, Partition partition, long offset, int maxBytes) {
        Wish wish = new Wish(
                new FetchPartition(topic, partition.getPartition(), offset, maxBytes), new CompletableFuture<>());
        link.features().whenComplete((features, failure) -> {
            if (failure != null) {
                wish.answer.completeExceptionally(failure);
            } else if (features.contains(Features.FETCH)) {
                gather(wish);
            } else {
                get(wish);
            }
        });
        return wish.answer;
    }

    private void get(Wish wish) {
        FetchPartition wanted = wish.wanted;
        link.ask(
                        opaque -> new Request.Get(
                                wanted.topic(), group, wanted.partition(), wanted.offset(), wanted.maxBytes(), opaque),
                        timeoutMs)
                .whenComplete((reply, failure) -> {
                    if (failure != null) {
                        wish.answer.completeExceptionally(failure);
                    } else {
                        complete(wish, fromGet(reply));
                    }
                });
    }

    private static ReadAnswer fromGet(Reply reply) {
        if (reply instanceof Reply.Value value) {
            return new ReadAnswer(StatusCode.OK, -1, value.data(), "", false);
        }
        Reply.Result result = (Reply.Result) reply;
        if (result.code() == StatusCode.MOVED) {
            return new ReadAnswer(StatusCode.MOVED, Long.parseLong(result.body().strip()), null, "", false);
        }
        return new ReadAnswer(result.code(), -1, null, result.body(), false);
    }

    private static void complete(Wish wish, ReadAnswer answer) {
        if (!wish.answer.complete(answer)) {
            answer.release();
        }
    }

    private void gather(Wish wish) {
        boolean first;
        synchronized (wishes) {
            first = wishes.isEmpty();
            wishes.add(wish);
        }
        if (first) {
            gathering.execute(this::fetch);
        }
    }

    private void fetch() {
        List<Wish> taken;
        synchronized (wishes) {
            taken = List.copyOf(wishes);
            wishes.clear();
        }
        List<FetchPartition> wanted = taken.stream().map(Wish::wanted).toList();
        int most = (int) Math.min(
                MOST_BYTES, wanted.stream().mapToLong(FetchPartition::maxBytes).sum());
        long startedNanos = System.nanoTime();
        link.ask(
                        opaque -> new Request.Fetch(group, maxWaitMs, 1, Math.max(1, most), wanted, opaque),
                        timeoutMs + maxWaitMs)
                .whenComplete((reply, failure) -> onFetched(taken, reply, failure, System.nanoTime() - startedNanos));
    }

    private void onFetched(List<Wish> asked, Reply reply, Throwable failure, long tookNanos) {
        if (failure != null) {
            asked.forEach(wish -> wish.answer.completeExceptionally(failure));
        } else if (reply instanceof Reply.Result result) {
            asked.forEach(wish -> complete(wish, new ReadAnswer(result.code(), -1, null, result.body(), false)));
        } else {
            ByteBuf data = ((Reply.Value) reply).data();
            try {
                share(asked, data, tookNanos);
            } catch (IOException | RuntimeException e) {
                asked.forEach(wish -> wish.answer.completeExceptionally(e));
            } finally {
                data.release();
            }
        }
    }

    private void share(List<Wish> asked, ByteBuf data, long tookNanos) throws IOException {
        Map<String, Wish> byName = new HashMap<>();
        asked.forEach(wish -> byName.put(wish.wanted.topic() + " " + wish.wanted.partition(), wish));
        boolean any = false;
        List<Runnable> full = new ArrayList<>();
        List<Consumer<Boolean>> empty = new ArrayList<>();
        while (data.isReadable()) {
            String[] line = line(data).split(" ", -1);
            int length = Integer.parseInt(line[5]);
            int code = Integer.parseInt(line[2]);
            Wish wish = byName.remove(line[0] + " " + line[1]);
            if (wish == null || length < 0 || length > data.readableBytes()) {
                throw new IOException(
                        link.url() + " answered a fetch with what was not asked: " + String.join(" ", line));
            }
            any |= code == StatusCode.OK || code == StatusCode.MOVED;
            if (code == StatusCode.OK) {
                ByteBuf records = data.readRetainedSlice(length);
                full.add(() -> complete(wish, new ReadAnswer(code, -1, records, "", true)));
            } else {
                String text =
                        data.readCharSequence(length, StandardCharsets.UTF_8).toString();
                long moved = Long.parseLong(line[3]);
                empty.add(waited -> complete(wish, new ReadAnswer(code, moved, null, text, waited)));
            }
        }
        boolean waited = any || tookNanos / 1_000_000 >= maxWaitMs / 2;
        full.forEach(Runnable::run);
        empty.forEach(each -> each.accept(waited));
        // Those for which there was no room in this answer ask again at once.
        byName.values().forEach(wish -> complete(wish, new ReadAnswer(StatusCode.NOT_FOUND, -1, null, "", true)));
    }

    private static String line(ByteBuf data) throws IOException {
        int end = data.bytesBefore((byte) '\n');
        if (end < 1) {
            throw new IOException("the answer to a fetch has no line where one is expected");
        }
        String line = data.readCharSequence(end - 1, StandardCharsets.US_ASCII).toString();
        data.skipBytes(2);
        return line;
    }
}
