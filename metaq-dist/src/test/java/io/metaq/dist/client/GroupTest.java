// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ZkConfig;
import io.metaq.dist.testkit.JavaProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The members of a group share the partitions of its topics, through deaths, lost sessions and restarts. */
@SuppressWarnings("try") // a consumer works by being open
class GroupTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final int PARTITIONS = 6;

    @TempDir
    Path directory;

    private LiveBroker broker;
    private MetaMessageSessionFactory sessions;
    private MessageProducer producer;
    private int sent;

    @BeforeEach
    void start() throws Exception {
        broker = LiveBroker.start(directory.resolve("data"));
        broker.createTopic("shared", PARTITIONS);
        sessions = broker.connect();
        producer = sessions.createProducer();
        producer.publish("shared");
    }

    @AfterEach
    void stop() throws Exception {
        sessions.close();
        broker.close();
    }

    /** Sends one message to each partition, and tells their texts. */
    private Set<String> sendRound() throws Exception {
        Set<String> texts = new TreeSet<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            String text = "m" + sent++;
            producer.sendMessage(Message.builder("shared")
                    .data(text.getBytes(StandardCharsets.UTF_8))
                    .partition(new Partition(0, partition))
                    .build());
            texts.add(text);
        }
        return texts;
    }

    private MessageConsumer join(MetaMessageSessionFactory by, Inbox inbox) throws Exception {
        MessageConsumer consumer = by.createConsumer(LiveBroker.consumer("group"));
        consumer.subscribe("shared", 64 << 10, inbox);
        consumer.completeSubscribe();
        return consumer;
    }

    private static Set<Integer> partitions(List<Message> messages) {
        return messages.stream().map(m -> m.getPartition().getPartition()).collect(Collectors.toSet());
    }

    @Test
    void threeMembersShareThePartitionsAndOneThatLeavesHandsOverWhatItHad() throws Exception {
        List<Inbox> inboxes = List.of(new Inbox(), new Inbox(), new Inbox());
        List<MessageConsumer> members = new ArrayList<>();
        for (Inbox each : inboxes) {
            members.add(join(sessions, each));
        }
        awaitShares(inboxes, 2);

        members.remove(0).close();
        Set<String> texts = sendRound();
        List<Inbox> rest = inboxes.subList(1, 3);
        awaitAll(texts, rest);
        awaitShares(rest, 3);
        for (MessageConsumer each : members) {
            each.close();
        }
        List<String> all = inboxes.stream().flatMap(i -> i.texts().stream()).toList();
        assertThat(all).as("orderly hand-overs repeat nothing").hasSize(sent).doesNotHaveDuplicates();
    }

    /** Sends rounds until in one of them each member got as many messages as it is to have partitions. */
    private void awaitShares(List<Inbox> inboxes, int share) {
        Awaitility.await("each member has " + share + " partitions")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    Set<String> round = sendRound();
                    awaitAll(round, inboxes);
                    return inboxes.stream()
                            .allMatch(inbox -> received(inbox, round).size() == share);
                });
    }

    private static List<Message> received(Inbox inbox, Set<String> texts) {
        return inbox.messages().stream()
                .filter(message -> texts.contains(Inbox.text(message)))
                .toList();
    }

    private static void awaitAll(Set<String> texts, List<Inbox> inboxes) {
        Awaitility.await("one round")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> inboxes.stream()
                        .flatMap(inbox -> inbox.texts().stream())
                        .collect(Collectors.toSet())
                        .containsAll(texts));
    }

    @Test
    void whatAKilledMemberHadIsTakenOverAndNothingIsLost() throws Exception {
        Inbox mine = new Inbox();
        try (JavaProcess first = member("first");
                JavaProcess second = member("second");
                MessageConsumer third = join(sessions, mine)) {
            Awaitility.await("three shares").atMost(PATIENCE).until(() -> {
                Set<String> round = sendRound();
                awaitRound(round, mine, first, second);
                return received(mine, round).size() == 2
                        && texts(first).stream().filter(round::contains).count() == 2;
            });

            first.kill();
            Set<String> afterDeath = sendRound();
            awaitRound(afterDeath, mine, second);
            Awaitility.await("two shares").atMost(PATIENCE).until(() -> {
                Set<String> round = sendRound();
                awaitRound(round, mine, second);
                return received(mine, round).size() == 3;
            });
            Set<String> all = new HashSet<>(mine.texts());
            all.addAll(texts(first));
            all.addAll(texts(second));
            assertThat(all).hasSize(sent);

            second.endInput();
            assertThat(second.awaitExit(PATIENCE)).as(second::story).isZero();
        }
    }

    private static void awaitRound(Set<String> round, Inbox inbox, JavaProcess... processes) {
        Awaitility.await("one round").atMost(PATIENCE).until(() -> {
            Set<String> all = new HashSet<>(inbox.texts());
            Stream.of(processes).forEach(each -> all.addAll(texts(each)));
            return all.containsAll(round);
        });
    }

    private static List<String> texts(JavaProcess member) {
        return member.linesAfter("received").stream()
                .map(line -> line.substring(0, line.indexOf(' ')))
                .toList();
    }

    private JavaProcess member(String name) throws IOException {
        JavaProcess member = JavaProcess.start(
                name,
                directory.resolve(name),
                System.getProperty("java.class.path"),
                List.of(GroupMember.class.getName(), broker.zkConnect(), "shared", "group"));
        member.awaitLines("ready", PATIENCE, lines -> lines.contains("ready"));
        return member;
    }

    @Test
    void aMemberWhoseSessionWasLostJoinsAgain() throws Exception {
        int zookeeperPort =
                Integer.parseInt(broker.zkConnect().substring(broker.zkConnect().indexOf(':') + 1));
        Inbox cut = new Inbox();
        Inbox other = new Inbox();
        try (CuttingProxy proxy = new CuttingProxy(zookeeperPort);
                MetaMessageSessionFactory throughProxy = new MetaMessageSessionFactory(MetaClientConfig.builder()
                        .zkConfig(new ZkConfig("/meta", proxy.address(), 4_000, 10_000, 200))
                        .build())) {
            join(throughProxy, cut);
            join(sessions, other);
            awaitShares(List.of(cut, other), 3);

            proxy.refuseAll(true);
            Awaitility.await("the other member has all").atMost(PATIENCE).until(() -> {
                Set<String> round = sendRound();
                awaitAll(round, List.of(cut, other));
                return received(other, round).size() == PARTITIONS;
            });
            proxy.refuseAll(false);
            awaitShares(List.of(cut, other), 3);
        }
        assertThat(new HashSet<>(Stream.concat(cut.texts().stream(), other.texts().stream())
                        .toList()))
                .hasSize(sent);
    }

    @Test
    void consumersGoOnAfterTheBrokerWasRestarted() throws Exception {
        List<Inbox> inboxes = List.of(new Inbox(), new Inbox());
        List<MessageConsumer> members = new ArrayList<>();
        for (Inbox each : inboxes) {
            members.add(join(sessions, each));
        }
        awaitShares(inboxes, 3);
        for (int round = 0; round < 2; round++) {
            broker.restart();
            Set<String> texts = sendRound();
            awaitAll(texts, inboxes);
        }
        awaitShares(inboxes, 3);
        for (MessageConsumer each : members) {
            each.close();
        }
        List<String> all = inboxes.stream().flatMap(i -> i.texts().stream()).toList();
        assertThat(all).hasSize(sent).doesNotHaveDuplicates();
        assertThat(partitions(inboxes.get(0).messages())).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void aMemberOfOtherTopicsTakesNoShare() throws Exception {
        broker.createTopic("elsewhere", 2);
        Inbox inbox = new Inbox();
        Inbox theirs = new Inbox();
        try (MessageConsumer elsewhere = sessions.createConsumer(LiveBroker.consumer("group"))) {
            elsewhere.subscribe("elsewhere", 64 << 10, theirs).completeSubscribe();
            try (MessageConsumer member = join(sessions, inbox)) {
                Set<String> texts = sendRound();
                awaitAll(texts, List.of(inbox));
            }
        }
        assertThat(theirs.messages()).isEmpty();
    }
}
