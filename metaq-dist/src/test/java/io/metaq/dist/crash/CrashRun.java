// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.client.ConsumerConfig;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.ProducerConfig;
import io.metaq.dist.process.BrokerAdmin;
import io.metaq.dist.process.BrokerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sixteen producers and a reader against one broker in a process of its own, which is killed and started again, round after
 * round; then everything is read back and judged. All topics are sync. Segments, the commit journal and the time between
 * checkpoints are small, so that rolls, recycling and checkpoints happen around the kills.
 */
final class CrashRun implements AutoCloseable {
    static final int PRODUCERS = 16;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Map<String, Integer> TOPICS = Map.of("one", 1, "lone", 1, "few", 4, "many", 48);
    private static final int LATE_PARTITIONS = 3;
    private static final List<String> SYSTEM_LINES =
            List.of("maxSegmentSize=1m", "journalFileSize=1m", "checkpointInterval=300", "getHoldMs=0");
    private static final List<String> JVM = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private final SplittableRandom random;
    private final BrokerProcess broker;
    private final HistoryChecker checker = new HistoryChecker();
    private final List<Lane> lanes = new CopyOnWriteArrayList<>();
    private final List<CrashProducer> producers = new ArrayList<>();
    private FollowingReader reader;
    private String producersUrl;
    private int producersMade;
    private int topicsMade;
    private int killsUnderLoad;
    private int killsWhileStarting;

    /** Starts the broker and makes topics of one, of a few and of many partitions; nobody sends yet. */
    CrashRun(Path directory, long seed) throws IOException, InterruptedException, BrokerAdmin.AdminException {
        this(directory, seed, TOPICS);
    }

    /**
     * Starts the broker and makes the topics; nobody sends yet.
     *
     * @param topics with how many partitions each
     */
    CrashRun(Path directory, long seed, Map<String, Integer> topics)
            throws IOException, InterruptedException, BrokerAdmin.AdminException {
        this.random = new SplittableRandom(seed);
        this.broker = BrokerProcess.prepare(directory, SYSTEM_LINES, JVM);
        this.producersUrl = broker.url();
        broker.start();
        for (Map.Entry<String, Integer> topic : topics.entrySet()) {
            create(topic.getKey(), topic.getValue());
        }
    }

    private void create(String topic, int partitions) throws BrokerAdmin.AdminException {
        try (BrokerAdmin admin = new BrokerAdmin(broker.url())) {
            admin.createTopic(topic, Map.of("numPartitions", Integer.toString(partitions), "unflushThreshold", "0"));
        }
        for (int partition = 0; partition < partitions; partition++) {
            lanes.add(new Lane(topic, partition));
        }
    }

    BrokerProcess broker() {
        return broker;
    }

    HistoryChecker checker() {
        return checker;
    }

    /** Rounds that ended with SIGKILL; clean stops and kills of a broker that was still starting come on top. */
    int killsUnderLoad() {
        return killsUnderLoad;
    }

    int killsWhileStarting() {
        return killsWhileStarting;
    }

    /** Producers started from now on send there. */
    void sendThrough(String url) {
        producersUrl = url;
    }

    /** Producers and the reader begin. */
    void begin() throws MetaClientException {
        for (int i = 0; i < PRODUCERS; i++) {
            producers.add(newProducer());
        }
        reader = new FollowingReader(broker.url(), checker, () -> lanes);
    }

    private CrashProducer newProducer() throws MetaClientException {
        ProducerConfig.Builder config = ProducerConfig.builder()
                .batchBytes(random.nextInt(1 << 10, 32 << 10))
                .maxInFlight(random.nextInt(1, 9))
                .retryBackoff(Duration.ofMillis(20));
        return new CrashProducer(producersMade++, producersUrl, checker, () -> lanes, random.split(), config);
    }

    /** Lets the producers go on for a while, and ends the broker's life once. */
    void round(Crash crash)
            throws IOException, InterruptedException, TimeoutException, MetaClientException,
                    BrokerAdmin.AdminException {
        awaitAcknowledged(crash.afterAcknowledged());
        if (crash.createsTopic()) {
            topicsMade++;
            create("late" + topicsMade, LATE_PARTITIONS);
        }
        if (crash.clean()) {
            broker.stop();
        } else {
            broker.kill();
            killsUnderLoad++;
        }
        for (int afterMs : crash.killsWhileStarting()) {
            broker.launch();
            await().pollDelay(afterMs, TimeUnit.MILLISECONDS).until(() -> true);
            broker.kill();
            killsWhileStarting++;
        }
        if (crash.abandons()) {
            int index = random.nextInt(PRODUCERS);
            producers.get(index).abandon();
            requireNoFailure();
            producers.set(index, newProducer());
        }
        broker.start();
    }

    void awaitAcknowledged(int more) {
        long target = checker.acknowledgedCount() + more;
        await().atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    requireNoFailure();
                    return checker.acknowledgedCount() >= target;
                });
    }

    private void requireNoFailure() {
        for (CrashProducer producer : producers) {
            if (producer.failure() != null) {
                throw new AssertionError("a producer failed: " + producer.failure(), producer.failure());
            }
        }
        if (reader.failure() != null) {
            throw new AssertionError("the reader failed", reader.failure());
        }
    }

    /** Ends the load: every producer has its answers when this returns. */
    void finish() throws InterruptedException, TimeoutException {
        for (CrashProducer producer : producers) {
            producer.finish();
        }
        requireNoFailure();
    }

    /** Waits until the reader has seen as many messages as were acknowledged. */
    void awaitSeen() {
        await().atMost(PATIENCE).until(() -> {
            requireNoFailure();
            return checker.seenCount() >= checker.acknowledgedCount();
        });
    }

    /** Reads everything back and judges. */
    CheckReport judge() throws InterruptedException, MetaClientException, BrokerAdmin.AdminException {
        reader.close();
        try (BrokerAdmin admin = new BrokerAdmin(broker.url());
                MetaMessageSessionFactory sessions = new MetaMessageSessionFactory(
                        MetaClientConfig.builder().serverUrl(broker.url()).build());
                MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("crash-judge"))) {
            for (Lane lane : lanes) {
                readBack(consumer, lane, endOf(admin, lane));
            }
        }
        return checker.check();
    }

    private static long endOf(BrokerAdmin admin, Lane lane) throws BrokerAdmin.AdminException {
        JsonNode offsets = admin.describe(lane.topic())
                .path("topics")
                .path(0)
                .path("offsets")
                .path(lane.partition());
        if (!offsets.path("end").isNumber()) {
            throw new AssertionError("there is no " + lane + " any more");
        }
        return offsets.path("end").asLong();
    }

    private void readBack(MessageConsumer consumer, Lane lane, long end)
            throws MetaClientException, InterruptedException {
        PartitionReading reading = new PartitionReading(lane, checker::readBack);
        while (reading.next() < end) {
            if (!reading.readOnce(consumer)) {
                checker.unreadable(lane, reading.next(), "nothing there, and the end is " + end);
                return;
            }
        }
    }

    @Override
    public void close() throws MetaClientException {
        for (CrashProducer producer : producers) {
            producer.close();
        }
        if (reader != null) {
            reader.close();
        }
        broker.close();
    }
}
