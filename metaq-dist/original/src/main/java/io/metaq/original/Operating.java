// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.Message;
import com.taobao.metamorphosis.client.MessageSessionFactory;
import com.taobao.metamorphosis.client.MetaMessageSessionFactory;
import com.taobao.metamorphosis.client.StatsResult;
import com.taobao.metamorphosis.client.consumer.ConsumerConfig;
import com.taobao.metamorphosis.client.producer.MessageProducer;
import com.taobao.metamorphosis.client.producer.SendResult;
import com.taobao.metamorphosis.cluster.Partition;
import com.taobao.metamorphosis.consumer.MessageIterator;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A client beside the ordinary: statistics, and a broker found without ZooKeeper. */
final class Operating {
    private static final int MESSAGE_COUNT = 20;

    private Operating() {}

    static void stats(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        Traffic.sendAll(Traffic.producer(sessions, site.topic()), Traffic.texts(site.topic(), "counted-", 4));
        Map<InetSocketAddress, StatsResult> all = sessions.getStats();
        ScenarioFailure.unless(all.size() == 1, "one broker expected in %s", all);
        StatsResult broker = all.values().iterator().next();
        for (String key : List.of("pid", "broker_id", "port", "uptime", "version", "cmd_put", "cmd_get", "topics")) {
            ScenarioFailure.unless(broker.getValue(key) != null, "no %s in %s", key, broker.getAllValues());
        }
        ScenarioFailure.unless("0".equals(broker.getValue("broker_id")), "broker_id %s", broker.getValue("broker_id"));
        InetSocketAddress address = all.keySet().iterator().next();
        String topic = sessions.getStats(address, "topics").getValue(site.topic());
        ScenarioFailure.unless(
                topic != null && topic.startsWith("partitions 2 message_count "), "topics says '%s'", topic);
        StatsResult one = sessions.getStats(address, site.topic());
        ScenarioFailure.unless("0".equals(one.getValue("resultCode")), "topic statistics %s", one.getAllValues());
        ScenarioFailure.unless("2".equals(one.getValue("partitions")), "topic statistics %s", one.getAllValues());
        ScenarioFailure.unless(
                !sessions.getStats(address, "realtime").getAllValues().isEmpty(), "no real-time statistics");
        ScenarioFailure.unless(
                !sessions.getStats(address, "offsets").getAllValues().isEmpty(), "no offsets");
    }

    /** No ZooKeeper: the broker chooses the partitions of the puts, and the consumer is told its own. */
    static void direct(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.directConfig());
        MessageProducer producer = Traffic.producer(sessions, site.topic());
        List<Message> sent = Traffic.texts(site.topic(), "direct-", MESSAGE_COUNT);
        for (Message message : sent) {
            SendResult result = Traffic.send(producer, message);
            ScenarioFailure.unless(result.getOffset() >= 0, "no offset: %s", result.getOffset());
        }
        List<Message> received = new ArrayList<>(directly(sessions, site, "0-0"));
        received.addAll(directly(sessions, site, "0-1"));
        Traffic.requireSame(sent, received);
    }

    /** Reads a partition by the pull call until the broker has no more. */
    private static List<Message> directly(MessageSessionFactory sessions, Site site, String partition)
            throws Exception {
        ConsumerConfig config = site.consumerConfig("direct-" + site.topic());
        config.setServerUrl(site.serverUrl());
        config.setPartition(partition);
        config.setOffset(0);
        var consumer = sessions.createConsumer(config);
        List<Message> messages = new ArrayList<>();
        long offset = 0;
        while (true) {
            MessageIterator batch = consumer.get(site.topic(), new Partition(partition), offset, Traffic.FETCH_BYTES);
            if (batch == null || !batch.hasNext()) {
                return messages;
            }
            while (batch.hasNext()) {
                messages.add(batch.next());
            }
            offset += batch.getOffset();
        }
    }
}
