// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import io.metaq.protocol.Announcement;
import io.metaq.protocol.Features;
import io.metaq.protocol.Reply;
import java.util.Optional;
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

    /** What the broker said of itself when it was connected. Connects when needed. */
    CompletableFuture<Announcement> announcement();

    /**
     * The same without connecting; empty while there is no connection. On the links' event loop it holds for what is asked next, too: no
     * other broker comes between the two.
     */
    Optional<Announcement> findAnnouncement();

    /** What the broker speaks; empty for an original broker. Connects when needed. */
    default CompletableFuture<Set<Features>> features() {
        return announcement().thenApply(Announcement::features);
    }

    /**
     * Requests leave in the order of the calls. Whoever takes a {@link Reply.Value} releases its data. A request that the broker of
     * this connection did not announce to understand is not sent and fails: at the same address another one may answer now.
     */
    CompletableFuture<Reply> ask(RequestForm form, long timeoutMs);

    /** Whether answers come in on this thread: whoever waited here for one would wait for ever. */
    boolean isOnLoop();

    /** Fails what waits; everything later fails too. */
    @Override
    void close();
}
