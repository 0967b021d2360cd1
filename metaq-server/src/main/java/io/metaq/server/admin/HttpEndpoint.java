// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code GET /metrics} in Prometheus's text format, {@code GET /health}, {@code GET /status}; nothing can be changed here.
 *
 * <p>A connection carries one request. Their number, the time from the first byte to the last, the request's line, headers
 * and body are bounded; the one thread, {@code metaq-http}, waits for nobody.
 */
public final class HttpEndpoint implements Closeable {
    static final int MAX_CONNECTIONS = 64;
    static final int TIMEOUT_SECONDS = 10;
    private static final int BACKLOG = 32;
    private static final int MAX_LINE_BYTES = 2048;
    private static final int MAX_HEADER_BYTES = 8192;
    private static final int MAX_BODY_BYTES = 1024;
    private static final long CLOSE_TIMEOUT_MS = 2_000;

    private final EventLoopGroup group;
    private final Channel server;

    private HttpEndpoint(EventLoopGroup group, Channel server) {
        this.group = group;
        this.server = server;
    }

    /** Listens when this returns; throws an {@link IOException} that names the port when it is taken. */
    public static HttpEndpoint start(String host, int port, PrometheusMeterRegistry registry, BrokerStatus status)
            throws IOException {
        EventLoopGroup group =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("metaq-http"), NioIoHandler.newFactory());
        AtomicInteger connections = new AtomicInteger();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.closeFuture().addListener(closed -> connections.decrementAndGet());
                        if (connections.incrementAndGet() > MAX_CONNECTIONS) {
                            channel.close();
                        } else {
                            initialize(channel, registry, status);
                        }
                    }
                });
        try {
            Channel server = bootstrap
                    .bind(new InetSocketAddress(host, port))
                    .syncUninterruptibly()
                    .channel();
            return new HttpEndpoint(group, server);
        } catch (Exception e) { // syncUninterruptibly throws the cause undeclared
            group.shutdownGracefully(0, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            throw new IOException(
                    "cannot listen for HTTP on " + host + ":" + port + ": " + e.getMessage()
                            + "; set [system] dashboardHttpPort to another port, or to -1 for none",
                    e);
        }
    }

    private static void initialize(SocketChannel channel, PrometheusMeterRegistry registry, BrokerStatus status) {
        // Not a time between two reads: whoever sends a byte now and then would keep the connection for ever.
        Future<?> closing = channel.eventLoop().schedule(() -> channel.close(), TIMEOUT_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> closing.cancel(false));
        HttpDecoderConfig limits =
                new HttpDecoderConfig().setMaxInitialLineLength(MAX_LINE_BYTES).setMaxHeaderSize(MAX_HEADER_BYTES);
        channel.pipeline()
                .addLast(new HttpServerCodec(limits))
                .addLast(new HttpObjectAggregator(MAX_BODY_BYTES, true))
                .addLast(new HttpPages(registry, status));
    }

    public int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Closes every connection. Idempotent; blocks for a moment. */
    @Override
    public void close() {
        server.close().syncUninterruptibly();
        group.shutdownGracefully(0, CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS).syncUninterruptibly();
    }
}
