// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.server.testkit.WireClient;
import java.io.Closeable;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A client that puts and gets all the time while others misbehave; notes how long it had to wait. */
final class HealthyClient implements Closeable {
    private final WireClient client;
    private final AtomicLong worstNanos = new AtomicLong();
    private final AtomicInteger rounds = new AtomicInteger();
    private final CompletableFuture<Void> running;
    private volatile boolean stopped;

    HealthyClient(int port) throws IOException {
        client = new WireClient(port);
        running = CompletableFuture.runAsync(this::run);
    }

    private void run() {
        try {
            while (!stopped) {
                long start = System.nanoTime();
                int put = client.ask("put test 3 5 0 -1 1\r\nhello").code();
                int get = client.ask("get test g 3 0 25 2\r\n").code();
                if (put != 200 || get != 200) {
                    throw new IllegalStateException("a healthy client was answered " + put + " and " + get);
                }
                worstNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
                rounds.incrementAndGet();
            }
        } catch (IOException e) {
            throw new IllegalStateException("a healthy client lost its connection", e);
        }
    }

    /** The longest put and get together, since the last time this was asked. */
    long takeWorstMs() {
        return worstNanos.getAndSet(0) / 1_000_000;
    }

    int rounds() {
        return rounds.get();
    }

    /** Throws when it was not served all the time. */
    @Override
    public void close() throws IOException {
        stopped = true;
        try {
            running.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } finally {
            client.close();
        }
    }
}
