// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.server.config.ConfigReader;
import io.metaq.server.testkit.WireClient;
import java.io.EOFException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerTest {
    @TempDir
    Path directory;

    private Broker start(String more) throws Exception {
        return start(more, "");
    }

    private Broker start(String more, String inSystem) throws Exception {
        return Broker.start(ConfigReader.parse("test.ini", """
                [system]
                brokerId=3
                serverPort=0
                dashboardHttpPort=0
                hostName=127.0.0.1
                dataPath=%s
                %s
                [zookeeper]
                zk.embeddedPort=0
                [topic=test]
                numPartitions=2
                %s
                """.formatted(directory, inSystem, more)));
    }

    @Test
    void aMessageIsPutAndReadBackAlsoAfterARestart() throws Exception {
        try (Broker broker = start("");
                WireClient client = new WireClient(broker.port())) {
            WireClient.WireReply put = client.ask("put test 0 5 0 907060870 -2147483648\r\nhello");
            assertThat(put.header()).startsWith("result 200 ").endsWith(" -2147483648");
            assertThat(put.text()).matches("[1-9]\\d* 0 0");
        }
        try (Broker broker = start("");
                WireClient client = new WireClient(broker.port())) {
            WireClient.WireReply got = client.ask("get test group 0 0 1000 7\r\n");
            assertThat(got.header()).isEqualTo("value 25 7");
            assertThat(got.text()).endsWith("hello");
            assertThat(client.ask("put test 0 5 0 907060870 8\r\nhello").text()).endsWith(" 0 25");
        }
    }

    @Test
    void theAnswersOfTheOriginalAreKept() throws Exception {
        try (Broker broker = start("");
                WireClient client = new WireClient(broker.port())) {
            client.ask("put test 0 5 0 -1 1\r\nhello");
            assertThat(client.ask("get test g 0 -5 100 2\r\n").header()).isEqualTo("result 301 1 2");
            assertThat(client.ask("get test g 0 25 100 3\r\n").text())
                    .isEqualTo("Could not find message at position 25");
            assertThat(client.ask("get test g 0 26 100 4\r\n").code()).isEqualTo(404);
            assertThat(client.ask("get test g 0 9223372036854775807 100 5\r\n").text())
                    .isEqualTo("25");
            assertThat(client.ask("get test g 1 9223372036854775807 100 5\r\n").text())
                    .isEqualTo("0");
            assertThat(client.ask("get test g 0 3 100 6\r\n").text()).isEqualTo("25");
            assertThat(client.ask("get test g 0 0 0 7\r\n").text()).isEqualTo("Bad request,invalid max size:0");
            assertThat(client.ask("get none g 0 0 10 8\r\n").text())
                    .isEqualTo("The topic `none` in partition `0` is not exists");
            assertThat(client.ask("offset test g 0 3 9\r\n").text()).isEqualTo("25");
            String failed = "Put message to [broker '" + broker.url() + "'] [partition 'test-0'] failed.Detail:";
            assertThat(client.ask("put test 0 5 0 1 10\r\nhello").text())
                    .isEqualTo(failed + "Checksum failure,message may be corrupted when transfering on networking.");
            assertThat(client.ask("put test 9 5 0 -1 11\r\nhello").text()).endsWith("Detail:wrong partition 9");
            assertThat(client.ask("put none 0 5 0 -1 12\r\nhello").text())
                    .endsWith("Detail:The server do not accept topic none");
            assertThat(client.ask("sync test 0 5 0 1 13\r\nhello").code()).isEqualTo(503);
            assertThat(client.ask("version 14\r\n").text())
                    .isEqualTo(
                            "2.0.0 batch fetch producer metadata seek admin maxMessageSize=2097152 maxBatchSize=16777216");
            assertThat(client.ask("stats  15\r\n").text())
                    .startsWith("STATS\r\npid ")
                    .endsWith("END\r\n");
            client.write("nonsense\r\n");
            assertThatThrownBy(client::read).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void aGetAtTheEndIsNotHeldUnlessItIsSet() throws Exception {
        try (Broker broker = start("");
                WireClient client = new WireClient(broker.port())) {
            long startNanos = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                assertThat(client.ask("get test g 0 0 1000 " + i + "\r\n").code())
                        .isEqualTo(404);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void aGetAtTheEndIsAnsweredWhenDataCome() throws Exception {
        try (Broker broker = start("", "getHoldMs=8000");
                WireClient consumer = new WireClient(broker.port());
                WireClient producer = new WireClient(broker.port())) {
            consumer.write("get test g 0 0 1000 1\r\n");
            producer.ask("put test 0 5 0 -1 1\r\nhello");
            assertThat(consumer.read().header()).isEqualTo("value 25 1");
        }
    }

    @Test
    void topicsAreMadeAlteredAndDeletedAtRunTime() throws Exception {
        try (Broker broker = start("");
                WireClient client = new WireClient(broker.port())) {
            assertThat(admin(client, "topic-create", "{\"topic\":\"orders\",\"settings\":{\"numPartitions\":\"3\"}}")
                            .code())
                    .isEqualTo(200);
            assertThat(client.ask("put orders 2 2 0 -1 1\r\nhi").code()).isEqualTo(200);
            assertThat(admin(client, "topic-create", "{\"topic\":\"orders\"}").code())
                    .isEqualTo(409);
            assertThat(admin(client, "topic-alter", "{\"topic\":\"orders\",\"settings\":{\"numPartitions\":\"5\"}}")
                            .code())
                    .isEqualTo(200);
        }
        try (Broker broker = start("");
                WireClient client = new WireClient(broker.port())) {
            assertThat(client.ask("put orders 4 2 0 -1 1\r\nhi").code()).isEqualTo(200);
            assertThat(admin(client, "topic-delete", "{\"topic\":\"orders\"}").code())
                    .isEqualTo(200);
            assertThat(client.ask("put orders 4 2 0 -1 1\r\nhi").code()).isEqualTo(500);
            admin(client, "topic-create", "{\"topic\":\"orders\",\"settings\":{\"numPartitions\":\"3\"}}");
            assertThat(client.ask("put orders 2 2 0 -1 1\r\nhi").text()).endsWith(" 2 0");
        }
    }

    private static WireClient.WireReply admin(WireClient client, String verb, String json) throws Exception {
        return client.ask("admin " + verb + " " + json.length() + " 1\r\n" + json);
    }

    @Test
    void metricsAndHealthAreThere() throws Exception {
        try (Broker broker = start("")) {
            HttpClient http = HttpClient.newHttpClient();
            URI base = URI.create("http://127.0.0.1:" + broker.httpPort());
            HttpResponse<String> metrics = http.send(
                    HttpRequest.newBuilder(base.resolve("/metrics")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(metrics.body()).contains("metaq_commit_queue_depth");
            HttpResponse<String> health = http.send(
                    HttpRequest.newBuilder(base.resolve("/health")).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(health.body()).isEqualTo("ok\n");
        }
    }
}
