// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Sends messages. Thread-safe; one for a whole application is usual.
 *
 * <p>Messages of one thread to one partition keep their order. Messages wait in a bounded buffer and travel in batches; when
 * the buffer is full, sending blocks up to {@code ProducerConfig.maxBlock} and then fails with {@link BufferFullException}.
 *
 * <p>Against our broker each message carries a producer's id and sequence number, so a batch whose answer was lost is sent
 * again with the same bytes until {@code deliveryTimeout} and stored once. What is still unanswered then fails with
 * {@link SendFailedException.Outcome#UNKNOWN}: it may be stored or not, and is never sent again under another id. An
 * original 1.4 broker gets one put a message and no repetition.
 */
public interface MessageProducer extends AutoCloseable {
    /** Looks for the topic's partitions and follows their changes. Needed before sending, unless there is a default topic. */
    void publish(String topic);

    /** Messages to unpublished topics go where this topic's partitions are. */
    void setDefaultTopic(String topic);

    /**
     * Sends and waits for the answer.
     *
     * @return not a success when the broker refused the message; {@link SendResult#getErrorMessage()} says why
     * @throws MetaClientException without an answer
     */
    SendResult sendMessage(Message message) throws MetaClientException, InterruptedException;

    /** As {@link #sendMessage(Message)}, but waits no longer than this for the answer; the message may still be stored. */
    SendResult sendMessage(Message message, long timeout, TimeUnit unit)
            throws MetaClientException, InterruptedException;

    /** Blocks for room in the buffer only. The call-back comes once, on the client's I/O thread, so it must not block. */
    void sendMessage(Message message, SendMessageCallback callback);

    /**
     * As {@link #sendMessage(Message, SendMessageCallback)}, but waits no longer than this for the answer: then the call-back gets a
     * {@link SendFailedException} whose outcome is unknown, on a timer's thread, and the message may still be stored.
     */
    void sendMessage(Message message, SendMessageCallback callback, long timeout, TimeUnit unit);

    /**
     * Blocks for room in the buffer only. Completes with a success, or exceptionally with a {@link MetaClientException}; on
     * the client's I/O thread, so dependent work must not block: it may send, but finds no room when the buffer is full.
     */
    CompletableFuture<SendResult> send(Message message);

    /** Blocks until every message taken so far is answered or has failed. */
    void flush() throws InterruptedException;

    PartitionSelector getPartitionSelector();

    /** Takes no more messages, waits for what was taken as {@link #flush}, at most {@code closeTimeout}, and fails the rest. */
    void shutdown() throws MetaClientException;

    @Override
    default void close() throws MetaClientException {
        shutdown();
    }
}
