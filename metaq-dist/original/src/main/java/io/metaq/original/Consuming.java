// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.Message;
import com.taobao.metamorphosis.client.MessageSessionFactory;
import com.taobao.metamorphosis.client.MetaMessageSessionFactory;
import com.taobao.metamorphosis.client.TopicBrowser;
import com.taobao.metamorphosis.client.consumer.ConsumerConfig;
import com.taobao.metamorphosis.client.extension.MetaBroadcastMessageSessionFactory;
import com.taobao.metamorphosis.client.producer.MessageProducer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** The original's ways to receive. */
final class Consuming {
    private static final int MESSAGE_COUNT = 40;

    private Consuming() {}

    /** Two members of one group share the partitions: both get something, and nobody gets what the other got. */
    static void oneGroupShares(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        MessageSessionFactory otherSessions = new MetaMessageSessionFactory(site.clientConfig());
        Inbox one = subscribed(sessions, site, "shared-" + site.topic());
        Inbox other = subscribed(otherSessions, site, "shared-" + site.topic());
        MessageProducer producer = Traffic.producer(sessions, site.topic());
        List<Message> sent = new ArrayList<>();
        for (int round = 0; one.messages().isEmpty() || other.messages().isEmpty(); round++) {
            ScenarioFailure.unless(round < 300, "after %d messages one member had none yet", sent.size());
            List<Message> more = Traffic.texts(site.topic(), "round-" + round + "-", 2);
            Traffic.sendAll(producer, more);
            sent.addAll(more);
            TimeUnit.MILLISECONDS.sleep(100);
        }
        other.await("the rest", all -> all.size() + one.messages().size() >= sent.size());
        List<Message> together = new ArrayList<>(one.messages());
        together.addAll(other.messages());
        Traffic.requireSame(sent, together);
    }

    static void everyGroupGetsAll(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        List<Message> sent = Traffic.texts(site.topic(), "all-", MESSAGE_COUNT);
        Inbox early = subscribed(sessions, site, "early-" + site.topic());
        Traffic.sendAll(Traffic.producer(sessions, site.topic()), sent);
        Inbox late = subscribed(sessions, site, "late-" + site.topic());
        Traffic.requireSame(sent, early.await(MESSAGE_COUNT));
        Traffic.requireSame(sent, late.await(MESSAGE_COUNT));
    }

    static void broadcast(Site site) throws Exception {
        MetaBroadcastMessageSessionFactory sessions = new MetaBroadcastMessageSessionFactory(site.clientConfig());
        List<Message> sent = Traffic.texts(site.topic(), "broadcast-", MESSAGE_COUNT);
        Inbox inbox = new Inbox();
        Traffic.subscribe(
                sessions.createBroadcastConsumer(site.consumerConfig("b-" + site.topic())),
                site.topic(),
                Traffic.FETCH_BYTES,
                inbox);
        Traffic.sendAll(Traffic.producer(sessions, site.topic()), sent);
        Traffic.requireSame(sent, inbox.await(MESSAGE_COUNT));
    }

    static void topicBrowser(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        List<Message> sent = Traffic.texts(site.topic(), "browsed-", MESSAGE_COUNT);
        Traffic.sendAll(Traffic.producer(sessions, site.topic()), sent);
        TopicBrowser browser = sessions.createTopicBrowser(site.topic());
        ScenarioFailure.unless(browser.getPartitions().size() == 2, "partitions %s", browser.getPartitions());
        List<Message> browsed = new ArrayList<>();
        for (Iterator<Message> messages = browser.iterator(); messages.hasNext(); ) {
            browsed.add(messages.next());
        }
        Traffic.requireSame(sent, browsed);
    }

    /** Who starts at the end sees only what is sent from then on. */
    static void fromMaxOffset(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        MessageProducer producer = Traffic.producer(sessions, site.topic());
        Traffic.sendAll(producer, Traffic.texts(site.topic(), "old-", 10));
        ConsumerConfig config = site.consumerConfig("max-" + site.topic());
        config.setConsumeFromMaxOffset();
        Inbox inbox = new Inbox();
        Traffic.subscribe(sessions.createConsumer(config), site.topic(), Traffic.FETCH_BYTES, inbox);
        for (int i = 0; partitionsSeen(inbox).size() < 2; i++) {
            ScenarioFailure.unless(
                    i < 300,
                    "%d new messages sent, %d received",
                    i,
                    inbox.messages().size());
            Traffic.send(producer, Traffic.text(site.topic(), "new-" + i));
            TimeUnit.MILLISECONDS.sleep(50);
        }
        List<String> old = inbox.messages().stream()
                .map(Traffic::text)
                .filter(text -> text.startsWith("old"))
                .collect(Collectors.toList());
        ScenarioFailure.unless(old.isEmpty(), "old messages received: %s", old);
    }

    /** A consumer that asks for less than one message still gets it. */
    static void smallerThanTheMessage(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        List<Message> sent = new ArrayList<>(Traffic.texts(site.topic(), "small-", 4));
        sent.add(new Message(site.topic(), new byte[40_000]));
        sent.add(new Message(site.topic(), new byte[30_000], "attribute"));
        sent.addAll(Traffic.texts(site.topic(), "after-", 4));
        Traffic.sendAll(Traffic.producer(sessions, site.topic()), sent);
        Inbox inbox = new Inbox();
        Traffic.subscribe(
                sessions.createConsumer(site.consumerConfig("small-" + site.topic())), site.topic(), 64, inbox);
        Traffic.requireSame(sent, inbox.await(sent.size()));
    }

    /** What a group has consumed it does not get again, when its next member comes after a pause. */
    static void offsetsSurviveTheConsumer(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        MessageProducer producer = Traffic.producer(sessions, site.topic());
        String group = "resumed-" + site.topic();
        Traffic.sendAll(producer, Traffic.texts(site.topic(), "first-", 10));
        Inbox first = new Inbox();
        var consumer = Traffic.subscribe(
                sessions.createConsumer(site.consumerConfig(group)), site.topic(), Traffic.FETCH_BYTES, first);
        first.await(10);
        consumer.shutdown();
        List<Message> second = Traffic.texts(site.topic(), "second-", 10);
        Traffic.sendAll(producer, second);
        Traffic.requireSame(second, subscribed(sessions, site, group).await(10));
    }

    private static Set<Integer> partitionsSeen(Inbox inbox) {
        return inbox.messages().stream()
                .map(message -> message.getPartition().getPartition())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Inbox subscribed(MessageSessionFactory sessions, Site site, String group) throws Exception {
        Inbox inbox = new Inbox();
        Traffic.subscribe(
                sessions.createConsumer(site.consumerConfig(group)), site.topic(), Traffic.FETCH_BYTES, inbox);
        return inbox;
    }
}
