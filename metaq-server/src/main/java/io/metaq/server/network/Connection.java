// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client's connection as handlers see it.
 *
 * <p>Replies come from any thread; they collect in a queue that one task of the event loop writes and flushes at once, so a
 * group's acknowledgements cost one flush a connection. The queue is bounded by the requests a connection may have open.
 */
public final class Connection {
    private final Channel channel;
    private final IngressBudget budget;
    private final int maxPendingRequests;
    private final ConcurrentLinkedQueue<Object> outbound = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean draining = new AtomicBoolean();
    private final AtomicInteger pending = new AtomicInteger();
    private volatile boolean pausedForPending;

    /** In the queue behind a reply with files: so many request bytes are free when what is before it has gone. */
    private record FlushMark(int requestBytes) {}

    Connection(Channel channel, IngressBudget budget, int maxPendingRequests) {
        this.channel = channel;
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

    /** Closes when what was answered has been sent. */
    public void close() {
        channel.eventLoop().execute(() -> {
            drain();
            channel.close();
        });
    }

    /** (event loop) A request has arrived. */
    Exchange begin(int opaque, int requestBytes) {
        budget.take(requestBytes);
        if (pending.incrementAndGet() >= maxPendingRequests && !pausedForPending) {
            pausedForPending = true;
            channel.config().setAutoRead(false);
        }
        return new Exchange(this, opaque, requestBytes);
    }

    void send(Object message) {
        outbound.add(message);
        scheduleDrain();
    }

    void ended(int requestBytes) {
        budget.giveBack(requestBytes);
        if (pending.decrementAndGet() <= maxPendingRequests / 2 && pausedForPending) {
            channel.eventLoop().execute(this::resume);
        }
    }

    void endedWhenFlushed(int requestBytes) {
        outbound.add(new FlushMark(requestBytes));
        scheduleDrain();
    }

    private void scheduleDrain() {
        if (!draining.get() && draining.compareAndSet(false, true)) {
            channel.eventLoop().execute(this::drain);
        }
    }

    private void drain() {
        draining.set(false);
        boolean any = false;
        for (Object next = outbound.poll(); next != null; next = outbound.poll()) {
            if (next instanceof FlushMark mark) {
                channel.write(Unpooled.EMPTY_BUFFER)
                        .addListener((ChannelFutureListener) future -> ended(mark.requestBytes));
            } else if (channel.isActive()) {
                channel.write(next, channel.voidPromise());
            } else {
                ReferenceCountUtil.release(next);
            }
            any = true;
        }
        if (any) {
            channel.flush();
        }
    }

    /** (event loop) */
    private void resume() {
        if (pausedForPending && pending.get() <= maxPendingRequests / 2) {
            pausedForPending = false;
            maybeRead();
        }
    }

    /** (event loop) Reads on when nothing speaks against it. */
    void maybeRead() {
        channel.config().setAutoRead(!pausedForPending && channel.isWritable() && !budget.isSpent());
    }

    /** (event loop) Stops reading until the budget has room. */
    void pauseForBudget() {
        channel.config().setAutoRead(false);
        budget.onRoom(() -> channel.eventLoop().execute(this::maybeRead));
    }

    int pendingRequests() {
        return pending.get();
    }
}
