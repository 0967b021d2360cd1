// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import io.metaq.client.Message;
import io.metaq.client.MessageListener;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** A listener that keeps what it is given, in order. Thread-safe. */
final class Inbox implements MessageListener {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final List<Message> messages = new ArrayList<>();

    @Override
    public synchronized void recieveMessages(Message message) {
        messages.add(message);
    }

    synchronized List<Message> messages() {
        return List.copyOf(messages);
    }

    List<String> texts() {
        return texts(messages());
    }

    /** Waits until there are at least so many. */
    List<Message> await(int count) {
        Awaitility.await(count + " messages")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> messages().size() >= count);
        return messages();
    }

    List<String> awaitTexts(int count) {
        return texts(await(count));
    }

    static List<String> texts(List<Message> messages) {
        return messages.stream().map(Inbox::text).toList();
    }

    static String text(Message message) {
        return new String(message.getData(), StandardCharsets.UTF_8);
    }

    static Message message(String topic, String text) {
        return new Message(topic, text.getBytes(StandardCharsets.UTF_8));
    }
}
