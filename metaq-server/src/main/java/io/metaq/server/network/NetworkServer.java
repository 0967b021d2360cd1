// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.protocol.RequestDecoder;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The broker's port: accepts, frames, hands requests to a {@link RequestListener}. Native epoll where it is there. */
public final class NetworkServer implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkServer.class);
    private static final int BACKLOG = 1024;
    private static final long QUIET_MS = 0;
    private static final long CLOSE_TIMEOUT_MS = 5_000;

    private final EventLoopGroup acceptor;
    private final EventLoopGroup io;
    private final Channel server;

    private NetworkServer(EventLoopGroup acceptor, EventLoopGroup io, Channel server) {
        this.acceptor = acceptor;
        this.io = io;
        this.server = server;
    }

    /**
     * Has the port when this returns; connections wait until {@link #accept}. Throws an {@link IOException} that names the port
     * when it is taken.
     */
    public static NetworkServer bind(NetworkConfig config, RequestListener listener, NetworkMetrics metrics)
            throws IOException {
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        EventLoopGroup acceptor =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("metaq-accept"), handlers);
        EventLoopGroup io =
                new MultiThreadIoEventLoopGroup(config.ioThreads(), new DefaultThreadFactory("metaq-io"), handlers);
        IngressBudget budget = new IngressBudget(config.maxInFlightBytes());
        BodyPermits permits = new BodyPermits(config.maxInFlightBytes());
        Class<? extends ServerChannel> type = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(acceptor, io)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        initialize(channel, config, listener, budget, permits, metrics);
                    }
                });
        InetSocketAddress address = config.host() == null
                ? new InetSocketAddress(config.port())
                : new InetSocketAddress(config.host(), config.port());
        try {
            Channel server = bootstrap.bind(address).syncUninterruptibly().channel();
            LOG.info("Listening address={} transport={}", server.localAddress(), epoll ? "epoll" : "nio");
            return new NetworkServer(acceptor, io, server);
        } catch (Exception e) { // syncUninterruptibly throws the cause undeclared
            acceptor.shutdownGracefully(QUIET_MS, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            io.shutdownGracefully(QUIET_MS, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            throw new IOException(
                    "cannot listen on " + address + ": " + e.getMessage()
                            + "; is another broker running? set [system] serverPort to another port",
                    e);
        }
    }

    private static void initialize(
            SocketChannel channel,
            NetworkConfig config,
            RequestListener listener,
            IngressBudget budget,
            BodyPermits permits,
            NetworkMetrics metrics) {
        channel.closeFuture().addListener(future -> metrics.closed());
        if (metrics.opened() > config.maxConnections()) {
            metrics.refusedConnection();
            LOG.warn(
                    "Refusing connection, maxConnections={} remote={}",
                    config.maxConnections(),
                    channel.remoteAddress());
            channel.close();
            return;
        }
        RequestDecoder decoder = new RequestDecoder(config.limits());
        channel.pipeline()
                .addLast(new IdleStateHandler(0, 0, config.idleTimeout().toMillis(), TimeUnit.MILLISECONDS))
                .addLast(decoder)
                .addLast(new ConnectionHandler(decoder, listener, config, budget, permits, metrics));
    }

    /** From now on connections are served. */
    public void accept() {
        server.config().setAutoRead(true);
    }

    public int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Accepts no more connections; those that are there go on. Idempotent. */
    public void stopAccepting() {
        server.close().syncUninterruptibly();
    }

    /** Closes every connection and stops the event loops. Idempotent; blocks for a moment. */
    @Override
    public void close() {
        stopAccepting();
        acceptor.shutdownGracefully(QUIET_MS, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        io.shutdownGracefully(QUIET_MS, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS).syncUninterruptibly();
    }
}
