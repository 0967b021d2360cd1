// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The links of a factory, one for each broker address, and the event loop they live on. Thread-safe.
 *
 * <p>One loop: what producers and connections pass to each other then stays on one thread. It moves bytes only; consumers decode on
 * threads of their own.
 */
public final class BrokerLinks implements Function<String, BrokerLink>, AutoCloseable {
    private static final int LOOPS = 1;

    private final MultiThreadIoEventLoopGroup loops;
    private final Bootstrap template;
    private final Map<String, BrokerLink> links = new ConcurrentHashMap<>();

    public BrokerLinks(Duration connectTimeout) {
        boolean epoll = Epoll.isAvailable();
        loops = new MultiThreadIoEventLoopGroup(
                LOOPS,
                new DefaultThreadFactory("metaq-client-io", /* daemon */ true),
                epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
        template = new Bootstrap()
                .group(loops)
                .channel(epoll ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connectTimeout.toMillis()));
    }

    /** Where answers come in; what runs there must not block. */
    public EventExecutor loop() {
        return loops.next();
    }

    /** The link to this address; it connects when it is first asked. */
    @Override
    public BrokerLink apply(String url) {
        return links.computeIfAbsent(url, address -> new NettyBrokerLink(address, template, (EventLoop) loops.next()));
    }

    /** Closes every link and stops the event loops; blocks until they are gone. */
    @Override
    public void close() {
        links.values().forEach(BrokerLink::close);
        loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
