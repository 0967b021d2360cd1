// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import io.metaq.client.Message;
import io.metaq.client.MessageListener;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.awaitility.Awaitility;

/** A listener of the native client that keeps what it is given, in order. Thread-safe. */
final class NativeInbox implements MessageListener {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<Message> messages = new ArrayList<>();

    @Override
    public synchronized void recieveMessages(Message message) {
        messages.add(message);
    }

    synchronized List<Message> messages() {
        return List.copyOf(messages);
    }

    List<String> texts() {
        return messages().stream().map(NativeInbox::text).toList();
    }

    static String text(Message message) {
        return new String(message.getData(), StandardCharsets.UTF_8);
    }

    /** Waits until there are at least so many. */
    List<Message> await(int count) {
        Awaitility.await(count + " messages")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> messages().size() >= count);
        return messages();
    }

    /** Waits until all of these are among what came. */
    void awaitAll(Collection<String> texts) {
        Awaitility.await(texts.size() + " messages")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> texts().containsAll(texts));
    }
}
