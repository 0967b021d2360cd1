// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import io.metaq.protocol.Features;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The questions under way on one connection, and their answers, matched by opaque. Lives on the connection's event loop.
 *
 * <p>A broker of which nothing was heard for a while is asked for its version, which it answers whatever else it does; one that does
 * not loses the connection. So a peer that vanished without a word is noticed within seconds, also while much is sent to it.
 */
final class ReplyMatcher extends ChannelInboundHandlerAdapter {
    private static final Logger log = LoggerFactory.getLogger(ReplyMatcher.class);
    private static final long HEARTBEAT_TIMEOUT_MS = 5_000;

    private final String url;
    private final IntObjectMap<Waiting> waiting = new IntObjectHashMap<>();
    private int nextOpaque = Integer.MIN_VALUE;
    private ChannelHandlerContext context;
    private boolean lost;
    private Set<Features> understood = Set.of();

    private boolean flushDue;
    private ScheduledFuture<?> sweep;
    private long sweepAtNanos;

    private record Waiting(CompletableFuture<Reply> answer, long timeoutMs, long deadlineNanos) {}

    ReplyMatcher(String url) {
        this.url = url;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    /** What the broker has announced; before, it is asked nothing but what MetaQ 1.4 knows. */
    void understands(Set<Features> announced) {
        understood = announced;
    }

    /** Writes the request and completes {@code answer} later; on the event loop. */
    void ask(RequestForm form, long timeoutMs, CompletableFuture<Reply> answer) {
        if (lost) {
            answer.completeExceptionally(new BrokerFailureException("not connected to " + url, false, null));
            return;
        }
        int opaque = freeOpaque();
        Request request;
        try {
            request = form.with(opaque);
        } catch (RuntimeException e) {
            answer.completeExceptionally(new BrokerFailureException("no request for " + url, false, e));
            return;
        }
        Optional<Features> missing = Features.neededFor(request).filter(feature -> !understood.contains(feature));
        if (missing.isPresent()) {
            if (request instanceof Request.BatchPut batch) {
                batch.records().release();
            }
            answer.completeExceptionally(new BrokerFailureException(
                    url + " does not speak " + missing.get().wireName(), false, null));
            return;
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        waiting.put(opaque, new Waiting(answer, timeoutMs, deadline));
        sweepAt(deadline);
        context.write(request).addListener(written -> {
            if (!written.isSuccess()) {
                fail(opaque, "could not write to " + url, written.cause());
                context.close();
            }
        });
        flushSoon();
    }

    /** Behind the task that asks now, so that all it asks leaves with one system call. */
    private void flushSoon() {
        if (!flushDue) {
            flushDue = true;
            context.executor().execute(() -> {
                flushDue = false;
                context.flush();
            });
        }
    }

    /** One timer for all that waits: most time-outs are equally long, so the earliest deadline is seldom a new one. */
    private void sweepAt(long deadlineNanos) {
        if (sweep != null) {
            if (sweepAtNanos - deadlineNanos <= 0) {
                return;
            }
            sweep.cancel(false);
        }
        sweepAtNanos = deadlineNanos;
        sweep = context.executor()
                .schedule(this::failOverdue, Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void failOverdue() {
        sweep = null;
        long now = System.nanoTime();
        List<Integer> overdue = new ArrayList<>();
        long earliest = Long.MAX_VALUE;
        for (IntObjectMap.PrimitiveEntry<Waiting> each : waiting.entries()) {
            long left = each.value().deadlineNanos - now;
            if (left <= 0) {
                overdue.add(each.key());
            } else {
                earliest = Math.min(earliest, left);
            }
        }
        if (earliest != Long.MAX_VALUE) {
            sweepAt(now + earliest);
        }
        overdue.forEach(this::onTimeout);
    }

    private int freeOpaque() {
        while (waiting.containsKey(nextOpaque)) {
            nextOpaque++;
        }
        return nextOpaque++;
    }

    private void onTimeout(int opaque) {
        Waiting late = waiting.get(opaque);
        if (late != null) {
            fail(opaque, url + " did not answer within " + late.timeoutMs + " ms", null);
        }
    }

    private void fail(int opaque, String why, Throwable cause) {
        Waiting failed = waiting.remove(opaque);
        if (failed != null) {
            failed.answer.completeExceptionally(new BrokerFailureException(why, true, cause));
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ignored, Object message) {
        if (!(message instanceof Reply reply)) {
            ReferenceCountUtil.release(message);
            return;
        }
        Waiting answered = waiting.remove(reply.opaque());
        if (answered == null || !answered.answer.complete(reply)) {
            log.debug("Answer after its time-out broker={} opaque={}", url, reply.opaque());
            release(reply);
        }
    }

    static void release(Reply reply) {
        if (reply instanceof Reply.Value value) {
            value.data().release();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ignored, Object event) throws Exception {
        if (event instanceof IdleStateEvent && !lost) {
            CompletableFuture<Reply> answer = new CompletableFuture<>();
            answer.whenComplete((reply, failure) -> {
                if (failure != null || !isOk(reply)) {
                    log.warn("No heartbeat, closing the connection broker={}", url);
                    context.close();
                }
            });
            ask(Request.Version::new, HEARTBEAT_TIMEOUT_MS, answer);
        } else {
            super.userEventTriggered(context, event);
        }
    }

    private static boolean isOk(Reply reply) {
        if (reply instanceof Reply.Result result) {
            return result.code() == StatusCode.OK;
        }
        release(reply);
        return false;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ignored) {
        lost = true;
        if (sweep != null) {
            sweep.cancel(false);
            sweep = null;
        }
        List<Waiting> failed = new ArrayList<>(waiting.values());
        waiting.clear();
        for (Waiting each : failed) {
            each.answer.completeExceptionally(new BrokerFailureException("lost the connection to " + url, true, null));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ignored, Throwable cause) {
        log.warn("Closing a connection broker={} cause={}", url, cause.toString());
        context.close();
    }
}
