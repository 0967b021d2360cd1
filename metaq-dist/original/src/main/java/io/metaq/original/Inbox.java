// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.Message;
import com.taobao.metamorphosis.client.consumer.MessageListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Predicate;

/** A listener that keeps what it is given, in order. Threads: any; the original's fetchers deliver. */
final class Inbox implements MessageListener {
    private static final long PATIENCE_MS = 30_000;

    private final List<Message> messages = new ArrayList<>();

    @Override
    public synchronized void recieveMessages(Message message) {
        messages.add(message);
        notifyAll();
    }

    @Override
    public Executor getExecutor() {
        return null;
    }

    synchronized List<Message> messages() {
        return List.copyOf(messages);
    }

    /** Waits for the given number of messages, and fails when more come than that by then. */
    synchronized List<Message> await(int count) throws InterruptedException {
        await("at least " + count + " messages", all -> all.size() >= count);
        ScenarioFailure.unless(messages.size() == count, "%d messages expected, %d received", count, messages.size());
        return messages();
    }

    /** Waits until what has been received satisfies the condition. */
    synchronized void await(String expected, Predicate<List<Message>> condition) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + PATIENCE_MS * 1_000_000;
        while (!condition.test(messages)) {
            long remainingMs = (deadlineNanos - System.nanoTime()) / 1_000_000;
            ScenarioFailure.unless(
                    remainingMs > 0, "%s expected within %d ms, %d received", expected, PATIENCE_MS, messages.size());
            wait(remainingMs);
        }
    }
}
