// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import io.metaq.protocol.Features;
import io.metaq.protocol.Reply;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The way to one broker. It connects when it is first asked and again after it was lost; it never repeats a request.
 * Thread-safe, never blocks.
 *
 * <p>Futures complete exactly once, on an event loop, exceptionally with {@link BrokerFailureException}.
 */
public interface BrokerLink extends AutoCloseable {
    String url();

    /** What the broker speaks, told at each connect; empty for an original broker. Connects when needed. */
    CompletableFuture<Set<Features>> features();

    /** Requests leave in the order of the calls. Whoever takes a {@link Reply.Value} releases its data. */
    CompletableFuture<Reply> ask(RequestForm form, long timeoutMs);

    /** Whether answers come in on this thread: whoever waited here for one would wait for ever. */
    boolean isOnLoop();

    /** Fails what waits; everything later fails too. */
    @Override
    void close();
}
