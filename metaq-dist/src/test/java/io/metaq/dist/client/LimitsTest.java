// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendFailedException;
import io.metaq.client.SendFailedException.Outcome;
import io.metaq.client.SendResult;
import io.metaq.record.Compression;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A broker that takes less than the client's settings would send. */
class LimitsTest {
    private static final String TOPIC = "small";
    private static final int MAX_MESSAGE = 1024;
    private static final String SMALL = "maxMessageSize=" + MAX_MESSAGE + "\nmaxBatchSize=65536";

    private static ProducerConfig oneLargeBatch(Compression compression) {
        return ProducerConfig.builder()
                .batchBytes(1 << 20)
                .linger(Duration.ofMillis(50))
                .compression(compression)
                .build();
    }

    /** Twice: what is sent before the broker has said what it takes, and what is sent behind. */
    @ParameterizedTest
    @EnumSource(Compression.class)
    void onlyTheOversizedMessagesFail(Compression compression, @TempDir Path directory) throws Exception {
        Random random = new Random(5);
        List<String> sent = new ArrayList<>();
        try (LiveBroker broker = LiveBroker.start(directory, SMALL)) {
            broker.createTopic(TOPIC, 1);
            try (MetaMessageSessionFactory sessions = broker.connect();
                    MessageProducer producer = sessions.createProducer(oneLargeBatch(compression))) {
                producer.publish(TOPIC);
                for (int round = 0; round < 2; round++) {
                    List<CompletableFuture<SendResult>> good = new ArrayList<>();
                    List<CompletableFuture<SendResult>> tooLarge = new ArrayList<>();
                    for (int i = 0; i < 200; i++) {
                        String text = text(random, i % 50 == 7 ? MAX_MESSAGE + 1 : MAX_MESSAGE - i % 3);
                        CompletableFuture<SendResult> answer = producer.send(Inbox.message(TOPIC, text));
                        if (text.length() > MAX_MESSAGE) {
                            tooLarge.add(answer);
                        } else {
                            good.add(answer);
                            sent.add(text);
                        }
                    }
                    for (CompletableFuture<SendResult> each : good) {
                        assertThat(each.get(30, TimeUnit.SECONDS).isSuccess()).isTrue();
                    }
                    tooLarge.forEach(LimitsTest::requireRefused);
                }
            }
            assertThat(Inbox.texts(broker.browse(TOPIC))).containsExactlyElementsOf(sent);
        }
    }

    /** Letters that do not compress well. */
    private static String text(Random random, int length) {
        return random.ints(length, '!', 0x7F)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static void requireRefused(CompletableFuture<SendResult> answer) {
        assertThat(answer)
                .failsWithin(Duration.ofSeconds(30))
                .withThrowableOfType(ExecutionException.class)
                .havingCause()
                .isInstanceOfSatisfying(SendFailedException.class, e -> {
                    assertThat(e.outcome()).isEqualTo(Outcome.NOT_STORED);
                    assertThat(e.statusCode()).isEqualTo(413);
                })
                .withMessageContaining("1025 bytes is larger than the broker takes (its maxMessageSize), at most 1024");
    }

    @Test
    void whatDoesNotCompressFitsIntoTheSmallestBatchLimitToo(@TempDir Path directory) throws Exception {
        byte[] noise = new byte[65_536 - 20];
        new Random(6).nextBytes(noise);
        try (LiveBroker broker = LiveBroker.start(directory, "maxMessageSize=65516\nmaxBatchSize=65536")) {
            broker.createTopic(TOPIC, 1);
            try (MetaMessageSessionFactory sessions = broker.connect();
                    MessageProducer producer = sessions.createProducer(oneLargeBatch(Compression.LZ4))) {
                producer.publish(TOPIC);
                assertThat(producer.sendMessage(new Message(TOPIC, noise)).isSuccess())
                        .isTrue();
            }
            assertThat(broker.browse(TOPIC).get(0).getData()).isEqualTo(noise);
        }
    }

    @Test
    void attributesCountToo(@TempDir Path directory) throws Exception {
        try (LiveBroker broker = LiveBroker.start(directory, SMALL)) {
            broker.createTopic(TOPIC, 1);
            try (MetaMessageSessionFactory sessions = broker.connect();
                    MessageProducer producer = sessions.createProducer()) {
                producer.publish(TOPIC);
                producer.sendMessage(Inbox.message(TOPIC, "m"));
                Message message = Message.builder(TOPIC)
                        .data("x".repeat(MAX_MESSAGE - 3).getBytes(StandardCharsets.UTF_8))
                        .attribute("a")
                        .build();
                SendResult refused = producer.sendMessage(message);
                assertThat(refused.isSuccess()).isFalse();
                assertThat(refused.getErrorMessage()).contains("1026 bytes").contains("at most 1024");
            }
        }
    }
}
