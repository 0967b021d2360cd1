// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import io.metaq.server.boot.Broker;
import io.metaq.server.config.ConfigException;
import io.metaq.server.config.ConfigReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.zip.CRC32;

/** A real ZooKeeper server, a session that looks into it, and brokers with the id 3 and a topic of two partitions. */
final class RegistrationFixture {
    static final Duration SOON = Duration.ofSeconds(30);
    static final String MASTER = "/meta/brokers/ids/3/master";

    private final Path directory;
    private EmbeddedZooKeeper zookeeper;
    private ZooKeeperTree tree;

    RegistrationFixture(Path directory) throws Exception {
        this.directory = directory;
        zookeeper = EmbeddedZooKeeper.start(directory.resolve("zookeeper"), 0);
        tree = new ZooKeeperTree(zookeeper.port());
    }

    ZooKeeperTree tree() {
        return tree;
    }

    EmbeddedZooKeeper zookeeper() {
        return zookeeper;
    }

    void stopZooKeeper() throws Exception {
        tree.close();
        zookeeper.close();
    }

    /** On the port it had. */
    void startZooKeeperAgain(String dataDirectory) throws Exception {
        zookeeper = EmbeddedZooKeeper.start(directory.resolve(dataDirectory), zookeeper.port());
        tree = new ZooKeeperTree(zookeeper.port());
    }

    /** What a broker's file says; its session is as short as the server allows, its ports are any. */
    String ini(String name, String connect) {
        return ini(name, connect, 0, 0);
    }

    String ini(String name, String connect, int port, int httpPort) {
        return """
                [system]
                brokerId=3
                serverPort=%d
                dashboardHttpPort=%d
                hostName=127.0.0.1
                dataPath=%s
                [zookeeper]
                zk.zkConnect=%s
                zk.zkSessionTimeoutMs=2000
                zk.zkConnectionTimeoutMs=2000
                [topic=test]
                numPartitions=2
                """.formatted(port, httpPort, directory.resolve(name), connect);
    }

    Broker start() throws ConfigException, IOException {
        return start(ini("a", zookeeper.connectString()));
    }

    static Broker start(String ini) throws ConfigException, IOException {
        return Broker.start(ConfigReader.parse("test.ini", ini));
    }

    static CompletableFuture<Broker> startBeside(String ini) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return start(ini);
            } catch (ConfigException | IOException e) {
                throw new CompletionException(e);
            }
        });
    }

    /** The ephemeral nodes that 1.4 clients expect of this broker, with what is in them. */
    static Map<String, String> nodesOf(Broker broker, String ini) {
        return nodesOf(broker.url(), ini);
    }

    static Map<String, String> nodesOf(String url, String ini) {
        CRC32 crc = new CRC32();
        crc.update(ini.getBytes(StandardCharsets.UTF_8));
        String json = "{\"numParts\":2,\"broker\":\"3-m\"}";
        return Map.of(
                MASTER,
                url,
                MASTER + "_config_checksum",
                Long.toString(crc.getValue()),
                "/meta/brokers/topics/test/3-m",
                "2",
                "/meta/brokers/topics-pub/test/3-m",
                json,
                "/meta/brokers/topics-sub/test/3-m",
                json);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Code and text; {@code refused} where nobody listens. */
    static String health(int httpPort) throws InterruptedException {
        try {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/health"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body().strip();
        } catch (IOException e) {
            return "refused";
        }
    }

    void close() throws Exception {
        stopZooKeeper();
    }
}
