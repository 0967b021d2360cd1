// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import io.metaq.protocol.Announcement;
import io.metaq.protocol.ProtocolLimits;
import io.metaq.protocol.Reply;
import io.metaq.protocol.ReplyDecoder;
import io.metaq.protocol.Request;
import io.metaq.protocol.RequestEncoder;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One TCP connection to a broker, and the next one after it was lost.
 *
 * <p>States: DOWN (nothing under way), CONNECTING (questions wait in order), UP, CLOSED. After a failed connect the link is
 * DOWN and refuses questions at once until a pause is over; pauses grow from 50 ms to 2 s, so that a broker that is away costs
 * little and is noticed soon when it is back.
 *
 * <p>Threads: the state belongs to {@code loop}, on which the connection lives too.
 */
final class NettyBrokerLink implements BrokerLink {
    private static final Logger log = LoggerFactory.getLogger(NettyBrokerLink.class);
    private static final RequestEncoder ENCODER = new RequestEncoder();
    private static final ProtocolLimits LIMITS =
            new ProtocolLimits(ProtocolLimits.DEFAULT.maxLineBytes(), 4 * ProtocolLimits.DEFAULT.maxBodyBytes());
    /** Without a byte read for so long the broker is asked for its version, however much is written meanwhile. */
    private static final int SILENT_SECONDS = 10;

    private static final long HANDSHAKE_TIMEOUT_MS = 5_000;
    private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long MOST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private enum State {
        DOWN,
        CONNECTING,
        UP,
        CLOSED
    }

    /** What waits for the connection: a question, or with no form a wish to know the announcement. */
    private record Waiting(RequestForm form, long timeoutMs, CompletableFuture<Reply> answer) {}

    private final String url;
    private final Bootstrap bootstrap;
    private final EventLoop loop;
    private final Queue<Waiting> untilConnected = new ArrayDeque<>();
    private State state = State.DOWN;
    private Channel channel;
    private ReplyMatcher matcher;
    /** Of the last connect. Told to threads of any kind, so volatile, like {@code up}, which is set behind it. */
    private volatile Announcement announcement;

    private volatile boolean up;

    private long pauseNanos;
    private long refusedUntilNanos;
    private Throwable lastFailure;

    NettyBrokerLink(String url, Bootstrap template, EventLoop loop) {
        this.url = url;
        this.loop = loop;
        this.bootstrap = template.clone(loop).remoteAddress(BrokerUrl.parse(url).address());
    }

    @Override
    public String url() {
        return url;
    }

    @Override
    public CompletableFuture<Announcement> announcement() {
        return submitted(null, 0).thenApply(ignored -> announcement);
    }

    @Override
    public Optional<Announcement> findAnnouncement() {
        return up ? Optional.of(announcement) : Optional.empty();
    }

    @Override
    public CompletableFuture<Reply> ask(RequestForm form, long timeoutMs) {
        return submitted(form, timeoutMs);
    }

    private CompletableFuture<Reply> submitted(RequestForm form, long timeoutMs) {
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        Waiting question = new Waiting(form, timeoutMs, answer);
        if (loop.inEventLoop()) {
            submit(question);
            return answer;
        }
        try {
            loop.execute(() -> submit(question));
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new BrokerFailureException("the session is closed", false, e));
        }
        return answer;
    }

    @Override
    public boolean isOnLoop() {
        return loop.inEventLoop();
    }

    private void submit(Waiting question) {
        switch (state) {
            case UP -> pass(question);
            case CONNECTING -> untilConnected.add(question);
            case CLOSED -> refuse(question, "the link to " + url + " is closed");
            case DOWN -> {
                if (System.nanoTime() - refusedUntilNanos < 0) {
                    refuse(question, "not connected to " + url);
                } else {
                    untilConnected.add(question);
                    connect();
                }
            }
        }
    }

    private void pass(Waiting question) {
        if (question.form == null) {
            question.answer.complete(null);
        } else {
            matcher.ask(question.form, question.timeoutMs, question.answer);
        }
    }

    private void refuse(Waiting question, String why) {
        question.answer.completeExceptionally(new BrokerFailureException(why, false, lastFailure));
    }

    private void connect() {
        state = State.CONNECTING;
        ReplyMatcher fresh = new ReplyMatcher(url);
        ChannelFuture connecting = bootstrap
                .clone()
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel opened) {
                        opened.pipeline()
                                .addLast(new IdleStateHandler(SILENT_SECONDS, 0, 0))
                                .addLast(new ReplyDecoder(LIMITS))
                                .addLast(ENCODER)
                                .addLast(fresh);
                    }
                })
                .connect();
        connecting.addListener(done -> {
            if (done.isSuccess() && state == State.CONNECTING) {
                channel = connecting.channel();
                matcher = fresh;
                shakeHands();
            } else if (done.isSuccess()) {
                connecting.channel().close();
            } else {
                onConnectFailed(done.cause());
            }
        });
    }

    private void shakeHands() {
        Channel mine = channel;
        mine.closeFuture().addListener(closed -> onLost(mine));
        CompletableFuture<Reply> version = new CompletableFuture<>();
        version.whenComplete((reply, failure) -> {
            if (mine != channel || state != State.CONNECTING) {
                return;
            }
            if (reply instanceof Reply.Result result && result.isOk()) {
                onConnected(Announcement.parse(result.body()));
            } else {
                onConnectFailed(
                        failure != null ? failure : new BrokerFailureException(url + " refused version", false, null));
            }
        });
        matcher.ask(Request.Version::new, HANDSHAKE_TIMEOUT_MS, version);
    }

    private void onConnected(Announcement announced) {
        announcement = announced;
        matcher.understands(announced.features());
        state = State.UP;
        up = true;
        pauseNanos = 0;
        log.info("Connected broker={} features={} limits={}", url, announced.features(), announced.limits());
        for (Waiting each = untilConnected.poll(); each != null; each = untilConnected.poll()) {
            pass(each);
        }
    }

    private void onConnectFailed(Throwable cause) {
        if (state != State.CONNECTING) {
            return;
        }
        lastFailure = cause;
        goDown();
        pauseNanos = Math.min(MOST_PAUSE_NANOS, Math.max(LEAST_PAUSE_NANOS, pauseNanos * 2));
        refusedUntilNanos = System.nanoTime() + pauseNanos;
        log.debug("Could not connect broker={} cause={}", url, String.valueOf(cause));
        refuseWaiting("could not connect to " + url);
    }

    private void onLost(Channel lost) {
        if (lost != channel) {
            return;
        }
        if (state == State.CONNECTING) {
            onConnectFailed(new BrokerFailureException(url + " closed the connection", false, null));
        } else if (state == State.UP) {
            log.info("Lost the connection broker={}", url);
            goDown();
            refusedUntilNanos = System.nanoTime();
        }
    }

    private void goDown() {
        state = State.DOWN;
        up = false;
        Channel old = channel;
        channel = null;
        matcher = null;
        if (old != null) {
            old.close();
        }
    }

    private void refuseWaiting(String why) {
        for (Waiting each = untilConnected.poll(); each != null; each = untilConnected.poll()) {
            refuse(each, why);
        }
    }

    @Override
    public void close() {
        try {
            loop.execute(this::closeForGood);
        } catch (RejectedExecutionException e) {
            log.debug("The event loop is gone, and the connection with it broker={}", url);
        }
    }

    private void closeForGood() {
        if (state != State.CLOSED) {
            goDown();
            state = State.CLOSED;
            refuseWaiting("the link to " + url + " is closed");
        }
    }
}
