// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.TopicBrowser;
import io.metaq.client.ZkConfig;
import io.metaq.dist.process.BrokerAdmin;
import io.metaq.server.boot.Broker;
import io.metaq.server.config.ConfigReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.curator.test.TestingServer;

/** Our broker and a ZooKeeper in this process. It keeps its port and its data, so that it can be stopped and started again. */
final class LiveBroker implements AutoCloseable {
    static final int BROKER_ID = 0;

    private final Path directory;
    private final String moreSystemLines;
    private final int port;
    private final TestingServer zookeeper;
    private Broker broker;

    private LiveBroker(Path directory, String moreSystemLines) throws Exception {
        this.directory = directory;
        this.moreSystemLines = moreSystemLines;
        this.port = freePort();
        this.zookeeper = new TestingServer();
    }

    static LiveBroker start(Path directory) throws Exception {
        return start(directory, "");
    }

    /** @param moreSystemLines for the system section */
    static LiveBroker start(Path directory, String moreSystemLines) throws Exception {
        LiveBroker live = new LiveBroker(directory, moreSystemLines);
        live.start();
        return live;
    }

    /** Starts it, the first time or again. */
    void start() throws Exception {
        broker = Broker.start(ConfigReader.parse(
                "test.ini", """
                [system]
                brokerId=%d
                serverPort=%d
                dashboardHttpPort=-1
                hostName=127.0.0.1
                dataPath=%s
                %s
                [zookeeper]
                zk.zkConnect=%s
                zk.zkSessionTimeoutMs=5000
                """.formatted(BROKER_ID, port, directory, moreSystemLines, zookeeper.getConnectString())));
    }

    void stop() {
        broker.close();
    }

    void restart() throws Exception {
        stop();
        start();
    }

    int port() {
        return port;
    }

    String url() {
        return "meta://127.0.0.1:" + port;
    }

    String zkConnect() {
        return zookeeper.getConnectString();
    }

    /** Makes a topic and waits for nothing: clients must see it by themselves. */
    void createTopic(String topic, int partitions) throws BrokerAdmin.AdminException {
        createTopic(topic, Map.of("numPartitions", Integer.toString(partitions)));
    }

    void createTopic(String topic, Map<String, String> settings) throws BrokerAdmin.AdminException {
        try (BrokerAdmin admin = new BrokerAdmin(url())) {
            admin.createTopic(topic, settings);
        }
    }

    void alterTopic(String topic, Map<String, String> settings) throws BrokerAdmin.AdminException {
        try (BrokerAdmin admin = new BrokerAdmin(url())) {
            var arguments = admin.object().put("topic", topic);
            var node = arguments.putObject("settings");
            settings.forEach(node::put);
            admin.run("topic-alter", arguments);
        }
    }

    void deleteTopic(String topic) throws BrokerAdmin.AdminException {
        try (BrokerAdmin admin = new BrokerAdmin(url())) {
            admin.run("topic-delete", admin.object().put("topic", topic));
        }
    }

    /** A factory that finds the broker in ZooKeeper. */
    MetaMessageSessionFactory connect() throws MetaClientException {
        ZkConfig zk = new ZkConfig("/meta", zkConnect(), 5_000, 10_000, 200);
        return new MetaMessageSessionFactory(
                MetaClientConfig.builder().zkConfig(zk).build());
    }

    /** A factory in direct mode. */
    MetaMessageSessionFactory connectDirectly() throws MetaClientException {
        return connectDirectly(url());
    }

    static MetaMessageSessionFactory connectDirectly(String url) throws MetaClientException {
        return new MetaMessageSessionFactory(MetaClientConfig.builder()
                .serverUrl(url)
                .connectTimeout(Duration.ofSeconds(2))
                .requestTimeout(Duration.ofSeconds(5))
                .build());
    }

    /** A consumer's settings with short pauses. */
    static ConsumerConfig consumer(String group) {
        ConsumerConfig config = new ConsumerConfig(group);
        config.setMaxDelayFetchTimeInMills(200);
        config.setCommitOffsetPeriodInMills(200);
        config.setMaxWaitMs(500);
        return config;
    }

    /** All that the topic holds, partition after partition. */
    List<Message> browse(String topic) throws MetaClientException {
        return browse(url(), topic);
    }

    static List<Message> browse(String url, String topic) throws MetaClientException {
        try (MetaMessageSessionFactory sessions = connectDirectly(url)) {
            TopicBrowser browser = sessions.createTopicBrowser(topic);
            List<Message> all = new ArrayList<>();
            for (Iterator<Message> each = browser.iterator(); each.hasNext(); ) {
                all.add(each.next());
            }
            return all;
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() throws IOException {
        broker.close();
        zookeeper.close();
    }
}
