// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.protocol.RequestDecoder;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A client's connection as handlers see it.
 *
 * <p>Replies come from any thread; they collect in a queue, each whole, that one task of the event loop writes and flushes at
 * once, so a group's acknowledgements cost one flush a connection.
 *
 * <p>Bounds: a connection with too many requests whose replies it has not taken, or with too many bytes of replies in memory,
 * or any while the broker's budget for requests is spent, is not read, and what has been read of it is not decoded, until
 * there is room.
 */
public final class Connection {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** One reply more may go beyond it; files do not count, they take no memory. */
    private static final int MAX_UNSENT_REPLY_BYTES = 64 * 1024;

    private final Channel channel;
    private final RequestDecoder decoder;
    private final IngressBudget budget;
    private final int maxPendingRequests;
    private final ConcurrentLinkedQueue<QueuedReply> outbound = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean draining = new AtomicBoolean();
    private final AtomicInteger pending = new AtomicInteger();
    private final AtomicInteger unsentReplyBytes = new AtomicInteger();
    private final Set<Runnable> onInputEnd = ConcurrentHashMap.newKeySet();

    // Set by the event loop only:
    private boolean full;
    private boolean awaitsRoom;
    private boolean awaitsPermit;
    private volatile boolean inputEnded;

    Connection(Channel channel, RequestDecoder decoder, IngressBudget budget, int maxPendingRequests) {
        this.channel = channel;
        this.decoder = decoder;
        this.budget = budget;
        this.maxPendingRequests = maxPendingRequests;
    }

    ByteBufAllocator allocator() {
        return channel.alloc();
    }

    public String remote() {
        return String.valueOf(channel.remoteAddress());
    }

    /** Does the client sit on this machine? */
    public boolean isLoopback() {
        return channel.remoteAddress() instanceof InetSocketAddress address
                && address.getAddress() != null
                && address.getAddress().isLoopbackAddress();
    }

    public boolean isOpen() {
        return channel.isActive();
    }

    /** Runs a task on the connection's event loop, soon; any thread. Not at all once the network has stopped. */
    public void execute(Runnable task) {
        try {
            channel.eventLoop().execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("A task came after the network had stopped remote={}", remote(), e);
        }
    }

    /**
     * Runs a task when the client has finished asking or has gone, or at once when that is so: then nothing is worth waiting
     * for. On the event loop or the caller's thread.
     *
     * @return takes the task away again; to be called when it is not needed any more
     */
    public Runnable onInputEnd(Runnable task) {
        onInputEnd.add(task);
        if ((inputEnded || !channel.isActive()) && onInputEnd.remove(task)) {
            task.run();
        }
        return () -> onInputEnd.remove(task);
    }

    /** (event loop) */
    void inputEnded() {
        inputEnded = true;
        List.copyOf(onInputEnd).forEach(task -> {
            if (onInputEnd.remove(task)) {
                task.run();
            }
        });
    }

    /** (event loop) A request has arrived. */
    Exchange begin(int opaque, int requestBytes) {
        budget.take(requestBytes);
        pending.incrementAndGet();
        return new Exchange(this, opaque, requestBytes);
    }

    /** Any thread. The request's bytes are free at once, its place when the reply has gone. */
    void answer(QueuedReply reply, int requestBytes) {
        budget.giveBack(requestBytes);
        unsentReplyBytes.addAndGet(reply.memoryBytes());
        outbound.add(reply);
        scheduleDrain();
    }

    /** Any thread. */
    void endWithoutReply(int requestBytes) {
        budget.giveBack(requestBytes);
        pending.decrementAndGet();
        execute(this::maybeResume);
    }

    private void scheduleDrain() {
        while (!draining.get() && !outbound.isEmpty() && draining.compareAndSet(false, true)) {
            try {
                channel.eventLoop().execute(this::drain);
                return;
            } catch (RejectedExecutionException e) {
                LOG.debug("Replies came after the network had stopped remote={}", remote(), e);
                for (QueuedReply next = outbound.poll(); next != null; next = outbound.poll()) {
                    next.release();
                }
                draining.set(false);
            }
        }
    }

    private void drain() {
        draining.set(false);
        int replies = 0;
        int bytes = 0;
        Object last = null;
        for (QueuedReply next = outbound.poll(); next != null; next = outbound.poll()) {
            replies++;
            bytes += next.memoryBytes();
            if (!channel.isActive()) {
                next.release();
                continue;
            }
            for (Object part : next.parts()) {
                if (last != null) {
                    channel.write(last, channel.voidPromise());
                }
                last = part;
            }
        }
        int ended = replies;
        int endedBytes = bytes;
        if (last != null) {
            channel.writeAndFlush(last).addListener((ChannelFutureListener) future -> sent(ended, endedBytes));
        } else if (replies > 0) {
            sent(ended, endedBytes);
        }
    }

    /** (event loop) */
    private void sent(int replies, int bytes) {
        pending.addAndGet(-replies);
        unsentReplyBytes.addAndGet(-bytes);
        maybeResume();
    }

    private boolean hasRoom(int requests, int replyBytes) {
        return pending.get() < requests && unsentReplyBytes.get() < replyBytes && !budget.isSpent();
    }

    /** (event loop) After each request: may there be another? */
    void pauseIfFull() {
        if (!full && !hasRoom(maxPendingRequests, MAX_UNSENT_REPLY_BYTES)) {
            full = true;
            decoder.pause();
            applyReading();
            awaitRoomIfSpent();
        }
    }

    private void awaitRoomIfSpent() {
        if (!awaitsRoom && budget.isSpent()) {
            awaitsRoom = true;
            budget.onRoom(() -> execute(() -> {
                awaitsRoom = false;
                maybeResume();
            }));
        }
    }

    private void maybeResume() {
        if (full && channel.isActive()) {
            if (hasRoom(maxPendingRequests / 2 + 1, MAX_UNSENT_REPLY_BYTES / 2)) {
                full = false;
                decoder.resume();
                // What was left undecoded comes first, and may fill the connection again.
                channel.pipeline().fireChannelRead(Unpooled.EMPTY_BUFFER);
                channel.pipeline().fireChannelReadComplete();
                applyReading();
            } else {
                awaitRoomIfSpent();
            }
        }
        maybeClose();
    }

    /** (event loop) Not to be read until a large body may come in. */
    void awaitPermit(boolean awaited) {
        awaitsPermit = awaited;
        applyReading();
    }

    private void applyReading() {
        channel.config().setAutoRead(isRead());
    }

    /** (event loop) Does it depend on the peer whether more arrives? */
    boolean isRead() {
        return !full && !awaitsPermit && !inputEnded;
    }

    /** (event loop) Nothing more will be asked: closes when everything has been answered. */
    void closeWhenAnswered() {
        inputEnded();
        applyReading();
        maybeClose();
    }

    private void maybeClose() {
        if (inputEnded && !full && pending.get() == 0) {
            channel.close();
        }
    }

    int pendingRequests() {
        return pending.get();
    }
}
