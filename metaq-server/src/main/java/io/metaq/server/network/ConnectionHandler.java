// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.protocol.ProtocolException;
import io.metaq.protocol.Request;
import io.metaq.protocol.RequestDecoder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a connection's pipeline: hands requests on, watches for peers that stand still, and closes with a reason in the
 * log. Belongs to its event loop.
 */
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionHandler.class);

    private final RequestDecoder decoder;
    private final RequestListener listener;
    private final NetworkConfig config;
    private final IngressBudget budget;
    private final NetworkMetrics metrics;
    private Connection connection;
    private Future<?> stallCheck;
    private int partialBytes;
    private long partialSinceNanos;
    private long unwritableSinceNanos;
    private boolean closing;

    ConnectionHandler(
            RequestDecoder decoder,
            RequestListener listener,
            NetworkConfig config,
            IngressBudget budget,
            NetworkMetrics metrics) {
        this.decoder = decoder;
        this.listener = listener;
        this.config = config;
        this.budget = budget;
        this.metrics = metrics;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        connection = new Connection(context.channel(), budget, config.maxPendingRequests());
        long everyMs = Math.max(1, config.stallTimeout().toMillis() / 4);
        stallCheck = context.executor()
                .scheduleWithFixedDelay(() -> closeIfStalled(context), everyMs, everyMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stallCheck.cancel(false);
        budget.giveBack(partialBytes);
        partialBytes = 0;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Request request = (Request) message;
        partialSinceNanos = 0;
        if (request instanceof Request.Quit) {
            context.close();
            return;
        }
        metrics.request(request);
        listener.onRequest(request, connection.begin(request.opaque(), bodyBytes(request)));
    }

    private static int bodyBytes(Request request) {
        if (request instanceof Request.Put put) {
            return put.payload().readableBytes();
        }
        return request instanceof Request.BatchPut batch ? batch.records().readableBytes() : 0;
    }

    /** What has arrived of an unfinished request counts against the budget as well. */
    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        int partial = decoder.bufferedBytes();
        budget.take(partial);
        budget.giveBack(partialBytes);
        partialBytes = partial;
        if (partial == 0) {
            partialSinceNanos = 0;
        } else if (partialSinceNanos == 0) {
            partialSinceNanos = System.nanoTime();
        }
        if (budget.isSpent()) {
            if (budget.takenBytes() == partial) {
                return; // nobody else holds anything: this request must be allowed to finish
            }
            connection.pauseForBudget();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        unwritableSinceNanos = context.channel().isWritable() ? 0 : System.nanoTime();
        connection.maybeRead();
    }

    private void closeIfStalled(ChannelHandlerContext context) {
        long now = System.nanoTime();
        long limit = config.stallTimeout().toNanos();
        if (partialSinceNanos != 0
                && now - partialSinceNanos > limit
                && context.channel().config().isAutoRead()) {
            close(context, "a request stayed unfinished for " + config.stallTimeout());
        } else if (unwritableSinceNanos != 0 && now - unwritableSinceNanos > limit) {
            close(context, "replies were not taken for " + config.stallTimeout());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof IdleStateEvent && connection.pendingRequests() == 0) {
            close(context, "no bytes for " + config.idleTimeout());
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof DecoderException && cause.getCause() instanceof ProtocolException malformed) {
            metrics.malformedFrame();
            close(context, malformed.getMessage());
        } else if (cause instanceof IOException) {
            LOG.debug("Connection failed remote={}", context.channel().remoteAddress(), cause);
            context.close();
        } else {
            LOG.error(
                    "Closing a connection after a bug remote={}",
                    context.channel().remoteAddress(),
                    cause);
            context.close();
        }
    }

    private void close(ChannelHandlerContext context, String why) {
        if (!closing) {
            closing = true;
            LOG.warn(
                    "Closing connection remote={} why=\"{}\"", context.channel().remoteAddress(), why);
            context.close();
        }
    }
}
