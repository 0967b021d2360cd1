// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.server.network.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A request that waits: until its answer is due, its deadline has come or its client has gone, whichever is first; then it ends,
 * once, on the connection's event loop, and nothing of it stays anywhere.
 *
 * <p>Not the thread that brought the news reads the log and makes the answer: that is the log writer, and many may wait for it.
 */
final class HeldRequest {
    private final Connection connection;
    private final Runnable answer;
    private final List<Runnable> cleanUps = new ArrayList<>();
    private boolean ended;

    /** @param answer answers the request; called on the connection's event loop, or not at all when it has closed */
    HeldRequest(Connection connection, Runnable answer) {
        this.connection = connection;
        this.answer = answer;
    }

    /** Begins to wait. What the request watches is to be set up after this. */
    void start(ScheduledExecutorService timer, long waitMs, Runnable onDeadline) {
        ScheduledFuture<?> deadline = timer.schedule(
                () -> {
                    onDeadline.run();
                    end();
                },
                waitMs,
                TimeUnit.MILLISECONDS);
        onEnd(() -> deadline.cancel(false));
        onEnd(connection.onInputEnd(this::end));
    }

    /** Runs at the end, or now when it has ended. */
    void onEnd(Runnable cleanUp) {
        synchronized (cleanUps) {
            if (!ended) {
                cleanUps.add(cleanUp);
                return;
            }
        }
        cleanUp.run();
    }

    boolean hasEnded() {
        synchronized (cleanUps) {
            return ended;
        }
    }

    /** Any thread; idempotent. */
    void end() {
        List<Runnable> toRun;
        synchronized (cleanUps) {
            if (ended) {
                return;
            }
            ended = true;
            toRun = List.copyOf(cleanUps);
            cleanUps.clear();
        }
        toRun.forEach(Runnable::run);
        if (connection.isOpen()) {
            connection.execute(answer);
        }
    }
}
