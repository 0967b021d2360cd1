// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.metaq.server.commit.LogStore;
import io.metaq.server.config.BrokerConfig;
import io.metaq.server.config.ConfigReader;
import io.metaq.server.network.NetworkMetrics;
import io.metaq.server.testkit.FaultyDisk;
import io.metaq.server.topic.TopicRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpEndpointTest {
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{[^}]*})? (\\S+)");

    @TempDir
    Path directory;

    private final FaultyDisk disk = new FaultyDisk();
    private final PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final AtomicReference<Optional<String>> registrationProblem = new AtomicReference<>(Optional.empty());
    private LogStore store;
    private TopicRegistry topics;
    private HttpEndpoint http;

    @BeforeEach
    void start() throws Exception {
        BrokerConfig config = ConfigReader.parse("test.ini", """
                [system]
                brokerId=3
                dataPath=%s
                minFreeBytes=1m
                checkpointInterval=100
                [topic=test]
                numPartitions=12
                """.formatted(directory));
        store = LogStore.open(config.logStore(), disk, InstantSource.system(), metrics);
        topics = new TopicRegistry(store, config.topics(), 3, config.maxPartitions(), directory);
        store.start();
        NetworkMetrics network = new NetworkMetrics(metrics);
        BrokerStatus status = new BrokerStatus(
                config,
                "meta://127.0.0.1:1",
                0,
                store,
                topics,
                network,
                Map.of("registration", registrationProblem::get));
        BrokerMetrics.register(metrics, status);
        http = HttpEndpoint.start("127.0.0.1", 0, metrics, status);
    }

    @AfterEach
    void stop() throws Exception {
        http.close();
        disk.heal();
        store.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), http.port());
        socket.setSoTimeout(30_000);
        return socket;
    }

    /** Everything that comes until the endpoint closes. */
    private String ask(String bytes) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return answer(socket);
        }
    }

    private static String answer(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private String get(String path) throws IOException {
        return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    }

    private static String body(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }

    // Formats.

    @Test
    void metricsAreInPrometheussFormatAndEachHasHelpAndType() throws Exception {
        topics.newProducerId();
        String answer = get("/metrics?name=x");
        assertThat(answer)
                .startsWith("HTTP/1.1 200 OK\r\n")
                .containsIgnoringCase("content-type: text/plain; version=0.0.4; charset=utf-8\r\n");
        Set<String> helped = new HashSet<>();
        Set<String> typed = new HashSet<>();
        Set<String> series = new HashSet<>();
        for (String line : body(answer).lines().toList()) {
            if (line.startsWith("# HELP ")) {
                String[] words = line.split(" ", 4);
                assertThat(words).as(line).hasSize(4);
                assertThat(words[3]).as(line).isNotBlank();
                helped.add(words[2]);
            } else if (line.startsWith("# TYPE ")) {
                assertThat(line.split(" ", -1)[3]).as(line).isIn("counter", "gauge", "summary", "histogram");
                typed.add(line.split(" ", -1)[2]);
            } else {
                Matcher sample = SAMPLE.matcher(line);
                assertThat(sample.matches()).as(line).isTrue();
                assertThat(Double.parseDouble(sample.group(3).replace("+Inf", "Infinity")))
                        .as(line)
                        .isNotNaN();
                assertThat(series.add(sample.group(1) + sample.group(2)))
                        .as("only once: %s", line)
                        .isTrue();
                String family = sample.group(1).replaceAll("_(sum|count|max|bucket)$", "");
                assertThat(helped).as(line).containsAnyOf(family, sample.group(1));
                assertThat(typed).as(line).containsAnyOf(family, sample.group(1));
            }
        }
        assertThat(series)
                .contains(
                        "metaq_broker_healthynull",
                        "metaq_broker_partitionsnull",
                        "metaq_commit_forces_total{way=\"file\"}",
                        "metaq_commit_force_seconds_countnull",
                        "metaq_network_connectionsnull");
    }

    @Test
    void statusIsJson() throws Exception {
        String answer = get("/status");
        assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n").containsIgnoringCase("content-type: application/json\r\n");
        JsonNode status = new ObjectMapper().readTree(body(answer));
        assertThat(status.get("brokerId").asInt()).isEqualTo(3);
        assertThat(status.get("healthy").asBoolean()).isTrue();
        assertThat(status.get("partitions").asInt()).isEqualTo(12);
        assertThat(status.get("problems")).isEmpty();
    }

    // Health.

    @Test
    void aSoundBrokerIsHealthy() throws Exception {
        assertThat(get("/health")).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nok\n");
        assertThat(body(get("/metrics"))).contains("metaq_broker_healthy 1.0\n");
    }

    @Test
    void aLogThatStoppedMakesTheBrokerUnhealthyAndIsNamed() throws Exception {
        disk.failForces(1, FaultyDisk.AfterFailedForce.PAGES_STAY, file -> file.toString()
                .contains("__meta"));
        assertThatThrownBy(() -> topics.newProducerId()).isInstanceOf(IOException.class);
        String answer = get("/health");
        assertThat(answer).startsWith("HTTP/1.1 503 ");
        assertThat(body(answer))
                .startsWith("log __meta is offline: ")
                .endsWith("; it refuses writes until the broker restarts\n");
        JsonNode status = new ObjectMapper().readTree(body(get("/status")));
        assertThat(status.get("healthy").asBoolean()).isFalse();
        assertThat(status.get("offlineLogs").get(0).get("log").asText()).isEqualTo("__meta");
        assertThat(body(get("/metrics"))).contains("metaq_broker_healthy 0.0\n", "metaq_broker_offline_logs 1.0\n");
    }

    @Test
    void aFullDiskMakesTheBrokerUnhealthyUntilThereIsRoom() throws Exception {
        disk.limitRoom(1000);
        await().untilAsserted(
                        () -> assertThat(get("/health"))
                                .startsWith("HTTP/1.1 503 ")
                                .endsWith(
                                        "\r\n\r\nthe disk is full: writes are refused, reads go on; writes resume when there is room\n"));
        assertThat(body(get("/metrics"))).contains("metaq_broker_disk_full 1.0\n");
        disk.heal();
        await().untilAsserted(() -> assertThat(get("/health")).endsWith("\r\n\r\nok\n"));
    }

    @Test
    void aBrokerThatClientsDoNotFindIsUnhealthy() throws Exception {
        registrationProblem.set(Optional.of("ZooKeeper is not connected"));
        assertThat(get("/health"))
                .startsWith("HTTP/1.1 503 ")
                .endsWith("\r\n\r\nregistration: ZooKeeper is not connected\n");
    }

    // What is asked wrongly.

    @ParameterizedTest
    @CsvSource({
        "GET / HTTP/1.1, 404",
        "GET /metricsx HTTP/1.1, 404",
        "GET /metrics/ HTTP/1.1, 404",
        "GET /../status HTTP/1.1, 404",
        "GET /%6detrics HTTP/1.1, 404",
        "POST /metrics HTTP/1.1, 405",
        "DELETE /status HTTP/1.1, 405",
        "BREW /health HTTP/1.1, 405",
        "nonsense, 400",
        "GET /health HTTP/x, 400",
    })
    void whatIsNotThereOrNotAllowedIsToldWithACode(String line, int code) throws Exception {
        assertThat(ask(line + "\r\nHost: x\r\n\r\n")).startsWith("HTTP/1.1 " + code + " ");
        assertThat(get("/health")).endsWith("ok\n");
    }

    @Test
    void headIsAnsweredWithoutABody() throws Exception {
        String answer = ask("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n");
        assertThat(answer).startsWith("HTTP/1.1 200 OK\r\n").containsIgnoringCase("content-length: 3\r\n");
        assertThat(body(answer)).isEmpty();
    }

    @Test
    void whatIsTooLongIsRefused() throws Exception {
        assertThat(get("/" + "x".repeat(3000))).startsWith("HTTP/1.1 414 ");
        assertThat(ask("GET /health HTTP/1.1\r\nX: " + "x".repeat(9000) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ");
        assertThat(ask("POST /health HTTP/1.1\r\nContent-Length: 2000000000\r\n\r\n"))
                .startsWith("HTTP/1.1 413 ");
        assertThat(get("/health")).endsWith("ok\n");
    }

    @Test
    void ofManyRequestsSentAtOnceOneIsAnswered() throws Exception {
        String request = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.repeat(100).getBytes(StandardCharsets.US_ASCII));
            assertThat(answer(socket)).containsOnlyOnce("HTTP/1.1 ");
        } catch (SocketException e) {
            // The rest of the requests was thrown away with the connection, which resets it.
            assertThat(e).hasMessageContaining("reset");
        }
    }

    @Test
    void whoeverSendsSlowlyIsCutOffAndKeepsNobodyWaiting() throws Exception {
        try (Socket slow = connect()) {
            slow.getOutputStream().write("GET /hea".getBytes(StandardCharsets.US_ASCII));
            assertThat(get("/health")).endsWith("ok\n");
            assertThat(answer(slow)).isEmpty();
        }
    }

    @Test
    void connectionsAreBoundedAndComeBack() throws Exception {
        List<Socket> idle = new ArrayList<>();
        try {
            for (int i = 0; i < HttpEndpoint.MAX_CONNECTIONS; i++) {
                idle.add(connect());
            }
            await().untilAsserted(() -> assertThat(isRefused()).isTrue());
        } finally {
            for (Socket socket : idle) {
                socket.close();
            }
        }
        await().ignoreExceptions()
                .untilAsserted(() -> assertThat(get("/health")).endsWith("ok\n"));
    }

    private boolean isRefused() throws IOException {
        try (Socket socket = connect()) {
            socket.setSoTimeout(500);
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false; // it waits for a request
        } catch (SocketException e) {
            return true; // reset
        }
    }

    @Test
    void aTakenPortIsAClearError() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> HttpEndpoint.start("127.0.0.1", taken.getLocalPort(), metrics, null))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("cannot listen for HTTP on 127.0.0.1:" + taken.getLocalPort() + ": ")
                    .hasMessageEndingWith("; set [system] dashboardHttpPort to another port, or to -1 for none");
        }
    }
}
