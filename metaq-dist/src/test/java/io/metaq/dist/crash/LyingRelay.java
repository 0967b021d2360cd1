// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import io.metaq.protocol.ProtocolLimits;
import io.metaq.protocol.Reply;
import io.metaq.protocol.ReplyDecoder;
import io.metaq.protocol.ReplyEncoder;
import io.metaq.protocol.Request;
import io.metaq.protocol.RequestDecoder;
import io.metaq.protocol.RequestEncoder;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between producers and a broker, understands both, and makes the broker look like one that breaks a promise: a {@link
 * Lie} decides what becomes of each batch. To the broker the batches are not idempotent, so it stores whatever comes.
 */
final class LyingRelay implements AutoCloseable {
    private static final int NOT_IDEMPOTENT = -1;

    /** What becomes of a batch. On the connection's event loop. */
    interface Lie {
        /**
         * @param number counts the batches of all connections from 1
         * @param batch owned by the callee
         */
        void onBatch(int number, Request.BatchPut batch, Conversation conversation);

        /** An answer to a batch, on its way back. */
        default Reply.Result onAnswer(Reply.Result answer) {
            return answer;
        }
    }

    private final MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final AtomicInteger batches = new AtomicInteger();
    private final int brokerPort;
    private final Lie lie;
    private final Channel listening;

    LyingRelay(int brokerPort, Lie lie) throws InterruptedException {
        this.brokerPort = brokerPort;
        this.lie = lie;
        this.listening = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel client) {
                        client.config().setAutoRead(false);
                        client.pipeline().addLast(new RequestDecoder(ProtocolLimits.DEFAULT), new Conversation(client));
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
    }

    String url() {
        return "meta://127.0.0.1:" + ((InetSocketAddress) listening.localAddress()).getPort();
    }

    @Override
    public void close() {
        listening.close();
        loop.shutdownGracefully().awaitUninterruptibly();
    }

    /** One client's connection and the one to the broker. All on one event loop. */
    final class Conversation extends SimpleChannelInboundHandler<Request> {
        private final Channel client;
        private final Set<Integer> unasked = new HashSet<>();
        private Channel broker;
        private int nextUnasked = Integer.MIN_VALUE;

        private Conversation(Channel client) {
            this.client = client;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            broker = new Bootstrap()
                    .group(client.eventLoop())
                    .channel(NioSocketChannel.class)
                    .handler(new ChannelInitializer<Channel>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline()
                                    .addLast(
                                            new RequestEncoder(),
                                            new ReplyDecoder(ProtocolLimits.DEFAULT),
                                            new Answers());
                        }
                    })
                    .connect(InetAddress.getLoopbackAddress(), brokerPort)
                    .addListener(connected -> {
                        if (connected.isSuccess()) {
                            client.config().setAutoRead(true);
                        } else {
                            client.close();
                        }
                    })
                    .channel();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Request request) {
            if (request instanceof Request.BatchPut batch) {
                lie.onBatch(batches.incrementAndGet(), batch, this);
            } else {
                broker.writeAndFlush(request);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            broker.close();
        }

        /** Passes a batch on, as one that is not idempotent. */
        void pass(Request.BatchPut batch) {
            broker.writeAndFlush(plain(batch, batch.opaque()));
        }

        /** Passes a batch on; nobody hears the answer. */
        void passUnasked(Request.BatchPut batch) {
            unasked.add(nextUnasked);
            broker.writeAndFlush(plain(batch, nextUnasked));
            nextUnasked++;
        }

        private static Request.BatchPut plain(Request.BatchPut batch, int opaque) {
            return new Request.BatchPut(
                    batch.topic(),
                    batch.partition(),
                    batch.recordCount(),
                    batch.compression(),
                    NOT_IDEMPOTENT,
                    NOT_IDEMPOTENT,
                    batch.records(),
                    opaque);
        }

        /** Answers the client. */
        void answer(Reply.Result answer) {
            client.writeAndFlush(ReplyEncoder.result(client.alloc(), answer.code(), answer.body(), answer.opaque()));
        }

        private final class Answers extends SimpleChannelInboundHandler<Reply> {
            @Override
            protected void channelRead0(ChannelHandlerContext context, Reply reply) {
                if (reply instanceof Reply.Result result && !unasked.remove(result.opaque())) {
                    boolean ofBatch = result.body().endsWith(" flushed");
                    answer(ofBatch ? lie.onAnswer(result) : result);
                }
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                client.close();
            }
        }
    }
}
