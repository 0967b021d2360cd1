// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers a connection's one request and closes it. */
final class HttpPages extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(HttpPages.class);
    private static final String PLAIN = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final String JSON = "application/json";

    private final PrometheusMeterRegistry registry;
    private final BrokerStatus status;
    private boolean answered;

    HttpPages(PrometheusMeterRegistry registry, BrokerStatus status) {
        this.registry = registry;
        this.status = status;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
        if (answered) {
            return; // sent without waiting; nobody may pile up answers that he does not take
        }
        answered = true;
        context.writeAndFlush(answer(request)).addListener(ChannelFutureListener.CLOSE);
    }

    private FullHttpResponse answer(FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return refusal(request.decoderResult().cause());
        }
        boolean reads =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        return reads ? page(request.uri()) : notAllowed();
    }

    private static FullHttpResponse refusal(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return answer(HttpResponseStatus.REQUEST_URI_TOO_LONG, PLAIN, "the request line is too long\n");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return answer(HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, PLAIN, "the headers are too large\n");
        }
        return answer(HttpResponseStatus.BAD_REQUEST, PLAIN, "this is no HTTP request\n");
    }

    private static FullHttpResponse notAllowed() {
        FullHttpResponse response =
                answer(HttpResponseStatus.METHOD_NOT_ALLOWED, PLAIN, "only GET; nothing can be changed here\n");
        response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
        return response;
    }

    private FullHttpResponse page(String uri) {
        int question = uri.indexOf('?');
        return switch (question < 0 ? uri : uri.substring(0, question)) {
            case "/metrics" -> answer(HttpResponseStatus.OK, PROMETHEUS, registry.scrape());
            case "/status" ->
                answer(HttpResponseStatus.OK, JSON, status.toJson().toPrettyString() + "\n");
            case "/health" -> health();
            default ->
                answer(
                        HttpResponseStatus.NOT_FOUND,
                        PLAIN,
                        "there is nothing here; known are /metrics /health /status\n");
        };
    }

    private FullHttpResponse health() {
        List<String> problems = status.problems();
        return problems.isEmpty()
                ? answer(HttpResponseStatus.OK, PLAIN, "ok\n")
                : answer(HttpResponseStatus.SERVICE_UNAVAILABLE, PLAIN, String.join("\n", problems) + "\n");
    }

    private static FullHttpResponse answer(HttpResponseStatus code, String type, String body) {
        ByteBuf content = Unpooled.copiedBuffer(body, StandardCharsets.UTF_8);
        FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, code, content);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, type)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE)
                .set(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes());
        return response;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (cause instanceof IOException) {
            LOG.debug("Closed an HTTP connection remote={}", context.channel().remoteAddress(), cause);
        } else {
            LOG.error("An HTTP request failed remote={}", context.channel().remoteAddress(), cause);
        }
        context.close();
    }
}
