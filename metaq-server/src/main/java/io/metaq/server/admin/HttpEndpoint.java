// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.metaq.server.zookeeper.BrokerRegistration;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * {@code GET /metrics} in Prometheus's text format, {@code GET /health}, {@code GET /status}; nothing can be changed here.
 */
public final class HttpEndpoint implements Closeable {
    private static final int BACKLOG = 32;
    private static final int OK = 200;
    private static final int NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;

    private final HttpServer server;
    private final ExecutorService executor;

    private HttpEndpoint(HttpServer server, ExecutorService executor) {
        this.server = server;
        this.executor = executor;
    }

    /** @param registration null without ZooKeeper */
    public static HttpEndpoint start(
            String host,
            int port,
            PrometheusMeterRegistry registry,
            BrokerStatus status,
            BrokerRegistration registration)
            throws IOException {
        HttpServer server;
        try {
            server = HttpServer.create(new InetSocketAddress(host, port), BACKLOG);
        } catch (BindException e) {
            throw new IOException(
                    "cannot listen for HTTP on " + host + ":" + port
                            + ", the port is in use; set [system] dashboardHttpPort to another port, or to -1 for none",
                    e);
        }
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "metaq-http"));
        server.setExecutor(executor);
        server.createContext(
                "/metrics", exchange -> answer(exchange, OK, "text/plain; version=0.0.4", registry.scrape()));
        server.createContext(
                "/status",
                exchange ->
                        answer(exchange, OK, "application/json", status.toJson().toPrettyString()));
        server.createContext("/health", exchange -> health(exchange, status, registration));
        server.start();
        return new HttpEndpoint(server, executor);
    }

    private static void health(HttpExchange exchange, BrokerStatus status, BrokerRegistration registration)
            throws IOException {
        List<String> problems = status.problems();
        if (!problems.isEmpty()) {
            answer(exchange, UNAVAILABLE, "text/plain", String.join("\n", problems) + "\n");
        } else if (registration != null && registration.problem().isPresent()) {
            answer(exchange, UNAVAILABLE, "text/plain", registration.problem().get() + "; serving goes on\n");
        } else {
            answer(exchange, OK, "text/plain", "ok\n");
        }
    }

    private static void answer(HttpExchange exchange, int code, String type, String body) throws IOException {
        try (exchange) {
            if (!exchange.getRequestMethod().equals("GET")) {
                exchange.sendResponseHeaders(NOT_ALLOWED, -1);
                return;
            }
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
            exchange.sendResponseHeaders(code, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
