// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.protocol.ProtocolException;
import io.metaq.protocol.Request;
import io.metaq.protocol.RequestDecoder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
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

    /** A smaller body needs no permit: a connection's receive buffer is as large. */
    private static final int FREE_BODY_BYTES = 64 * 1024;

    private final RequestDecoder decoder;
    private final RequestListener listener;
    private final NetworkConfig config;
    private final IngressBudget budget;
    private final BodyPermits permits;
    private final NetworkMetrics metrics;
    private final SendProgress sendProgress = new SendProgress();
    private Connection connection;
    private Future<?> stallCheck;
    private BodyPermits.Permit permit;
    /** 0: no request is unfinished, or it is not for the peer to finish it. */
    private long unfinishedSinceNanos;

    private boolean closing;

    ConnectionHandler(
            RequestDecoder decoder,
            RequestListener listener,
            NetworkConfig config,
            IngressBudget budget,
            BodyPermits permits,
            NetworkMetrics metrics) {
        this.decoder = decoder;
        this.listener = listener;
        this.config = config;
        this.budget = budget;
        this.permits = permits;
        this.metrics = metrics;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        connection = new Connection(context.channel(), decoder, budget, config.maxPendingRequests());
        long everyMs = Math.max(1, config.stallTimeout().toMillis() / 4);
        stallCheck = context.executor()
                .scheduleWithFixedDelay(() -> closeIfStalled(context), everyMs, everyMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        stallCheck.cancel(false);
        givePermitBack();
        connection.inputEnded();
    }

    private void givePermitBack() {
        if (permit != null) {
            permit.giveBack();
            permit = null;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Request request = (Request) message;
        unfinishedSinceNanos = 0;
        givePermitBack();
        if (request instanceof Request.Quit) {
            connection.closeWhenAnswered();
            return;
        }
        metrics.request(request);
        listener.onRequest(request, connection.begin(request.opaque(), bodyBytes(request)));
        connection.pauseIfFull();
    }

    private static int bodyBytes(Request request) {
        if (request instanceof Request.Put put) {
            return put.payload().readableBytes();
        }
        return request instanceof Request.BatchPut batch ? batch.records().readableBytes() : 0;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (!connection.isRead() || !decoder.isInsideRequest()) {
            unfinishedSinceNanos = 0;
        } else if (unfinishedSinceNanos == 0) {
            unfinishedSinceNanos = System.nanoTime();
        }
    }

    private void closeIfStalled(ChannelHandlerContext context) {
        long now = System.nanoTime();
        long limit = config.stallTimeout().toNanos();
        if (unfinishedSinceNanos != 0 && now - unfinishedSinceNanos > limit) {
            close(context, "a request stayed unfinished for " + config.stallTimeout());
        } else if (sendProgress.stillForNanos(context.channel(), now) > limit) {
            close(context, "replies were not taken for " + config.stallTimeout());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof RequestDecoder.BodyAwaited body) {
            awaitBody(context, body.bytes());
        } else if (event instanceof ChannelInputShutdownEvent) {
            connection.closeWhenAnswered();
        } else if (event instanceof IdleStateEvent && connection.pendingRequests() == 0) {
            close(context, "no bytes for " + config.idleTimeout());
        }
    }

    private void awaitBody(ChannelHandlerContext context, int bytes) {
        if (bytes <= FREE_BODY_BYTES) {
            return;
        }
        permit = permits.ask(bytes, () -> connection.execute(() -> permitGranted(context)));
        if (!permit.isGranted()) {
            connection.awaitPermit(true);
        }
    }

    private void permitGranted(ChannelHandlerContext context) {
        if (context.channel().isActive()) {
            unfinishedSinceNanos = System.nanoTime();
            connection.awaitPermit(false);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof DecoderException && cause.getCause() instanceof ProtocolException malformed) {
            metrics.malformedFrame();
            LOG.warn(
                    "Closing connection remote={} why=\"{}\"",
                    context.channel().remoteAddress(),
                    malformed.getMessage());
            // The decoder takes nothing more; what was asked before is answered.
            connection.closeWhenAnswered();
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
