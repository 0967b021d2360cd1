// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.Message;
import com.taobao.metamorphosis.client.MessageSessionFactory;
import com.taobao.metamorphosis.client.MetaClientConfig;
import com.taobao.metamorphosis.client.MetaMessageSessionFactory;
import com.taobao.metamorphosis.client.extension.AsyncMetaMessageSessionFactory;
import com.taobao.metamorphosis.client.extension.OrderedMetaMessageSessionFactory;
import com.taobao.metamorphosis.client.extension.producer.AsyncMessageProducer;
import com.taobao.metamorphosis.client.extension.producer.OrderedMessagePartitionSelector;
import com.taobao.metamorphosis.client.producer.AbstractPartitionSelector;
import com.taobao.metamorphosis.client.producer.MessageProducer;
import com.taobao.metamorphosis.client.producer.SendMessageCallback;
import com.taobao.metamorphosis.client.producer.SendResult;
import com.taobao.metamorphosis.cluster.Partition;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The original's ways to send: each message is acknowledged once and received once. */
final class Producing {
    private static final int MESSAGE_COUNT = 50;
    private static final int PIPELINED_COUNT = 500;

    private Producing() {}

    static void sync(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        MessageProducer producer = Traffic.producer(sessions, site.topic());
        List<Message> sent = Traffic.texts(site.topic(), "sync-", MESSAGE_COUNT);
        for (Message message : sent) {
            SendResult result = Traffic.send(producer, message);
            ScenarioFailure.unless(result.getOffset() >= 0, "no offset in %s", result);
            ScenarioFailure.unless(message.getId() != 0, "no id in %s", message);
            ScenarioFailure.unless(message.getPartition() != null, "no partition in %s", message);
        }
        Traffic.requireSame(sent, received(sessions, site, MESSAGE_COUNT));
    }

    static void callback(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        MessageProducer producer = Traffic.producer(sessions, site.topic());
        List<Message> sent = Traffic.texts(site.topic(), "callback-", MESSAGE_COUNT);
        Answers answers = new Answers(MESSAGE_COUNT);
        for (Message message : sent) {
            producer.sendMessage(message, answers);
        }
        answers.requireAllSent();
        Traffic.requireSame(sent, received(sessions, site, MESSAGE_COUNT));
    }

    static void async(Site site) throws Exception {
        AsyncMetaMessageSessionFactory sessions = new AsyncMetaMessageSessionFactory(site.clientConfig());
        AsyncMessageProducer producer = sessions.createAsyncProducer();
        producer.publish(site.topic());
        List<Message> sent = Traffic.texts(site.topic(), "async-", MESSAGE_COUNT);
        sent.forEach(producer::asyncSendMessage);
        Traffic.requireSame(sent, received(sessions, site, MESSAGE_COUNT));
    }

    /** All messages of one key take the same partition, one after the other, and are received in that order. */
    static void ordered(Site site) throws Exception {
        MetaClientConfig config = site.clientConfig();
        Properties partitions = new Properties();
        partitions.setProperty("topic.num." + site.topic(), "0:2");
        config.setPartitionsInfo(partitions);
        MessageSessionFactory sessions = new OrderedMetaMessageSessionFactory(config);
        MessageProducer producer = sessions.createProducer(new ByFirstAttribute());
        producer.publish(site.topic());
        for (int i = 0; i < MESSAGE_COUNT; i++) {
            Message message = Traffic.text(site.topic(), Integer.toString(i));
            message.setAttribute("key-" + i % 2);
            Traffic.send(producer, message);
        }
        Map<String, List<Integer>> byKey = received(sessions, site, MESSAGE_COUNT).stream()
                .collect(Collectors.groupingBy(
                        Message::getAttribute,
                        Collectors.mapping(m -> Integer.valueOf(Traffic.text(m)), Collectors.toList())));
        ScenarioFailure.unless(byKey.size() == 2, "two keys expected in %s", byKey);
        byKey.forEach((key, numbers) -> ScenarioFailure.unless(
                numbers.equals(numbers.stream().sorted().collect(Collectors.toList())),
                "%s out of order: %s",
                key,
                numbers));
    }

    /**
     * Many puts of one connection to one partition, none waiting for the one before: they are stored in the order of
     * sending, under ids that rise. The original's own broker may reorder them and gives negative ids.
     */
    static void pipelined(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        MessageProducer producer = sessions.createProducer(new AlwaysTheFirst());
        producer.publish(site.topic());
        List<Message> sent = Traffic.texts(site.topic(), "pipelined-", PIPELINED_COUNT);
        Answers answers = new Answers(PIPELINED_COUNT);
        for (Message message : sent) {
            producer.sendMessage(message, answers, 20, TimeUnit.SECONDS);
        }
        answers.requireAllSent();
        List<Message> received = received(sessions, site, PIPELINED_COUNT);
        long lastId = 0;
        for (int i = 0; i < PIPELINED_COUNT; i++) {
            Message message = received.get(i);
            String expected = Traffic.text(sent.get(i));
            ScenarioFailure.unless(
                    expected.equals(Traffic.text(message)), "%s expected, %s came", expected, Traffic.text(message));
            ScenarioFailure.unless(
                    message.getId() > lastId, "%s has id %d after %d", expected, message.getId(), lastId);
            lastId = message.getId();
        }
    }

    private static List<Message> received(MessageSessionFactory sessions, Site site, int count) throws Exception {
        Inbox inbox = new Inbox();
        Traffic.subscribe(
                sessions.createConsumer(site.consumerConfig("g-" + site.topic())),
                site.topic(),
                Traffic.FETCH_BYTES,
                inbox);
        return inbox.await(count);
    }

    /** Counts down once for every answer and keeps those that were not a success. */
    private static final class Answers implements SendMessageCallback {
        private final CountDownLatch outstanding;
        private final ConcurrentLinkedQueue<String> failures = new ConcurrentLinkedQueue<>();

        Answers(int count) {
            this.outstanding = new CountDownLatch(count);
        }

        @Override
        public void onMessageSent(SendResult result) {
            if (!result.isSuccess()) {
                failures.add(String.valueOf(result.getErrorMessage()));
            }
            outstanding.countDown();
        }

        @Override
        public void onException(Throwable failure) {
            failures.add(failure.toString());
            outstanding.countDown();
        }

        void requireAllSent() throws InterruptedException {
            ScenarioFailure.unless(
                    outstanding.await(20, TimeUnit.SECONDS), "%d sends were never answered", outstanding.getCount());
            ScenarioFailure.unless(failures.isEmpty(), "failed sends: %s", failures);
        }
    }

    private static final class AlwaysTheFirst extends AbstractPartitionSelector {
        @Override
        public Partition getPartition0(String topic, List<Partition> partitions, Message message) {
            return partitions.get(0);
        }
    }

    /** The last digit of the attribute is the number of the partition. */
    private static final class ByFirstAttribute extends OrderedMessagePartitionSelector {
        @Override
        protected Partition choosePartition(String topic, List<Partition> partitions, Message message) {
            String attribute = message.getAttribute();
            return partitions.get(attribute.charAt(attribute.length() - 1) - '0');
        }
    }
}
