// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.boot;

import io.metaq.server.command.CoreCommands;
import java.io.Closeable;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The threads for what may block: bounded, and refusing when full, so that the callers answer "busy". */
final class BrokerExecutors implements Closeable {
    private static final int READER_THREADS = 4;
    private static final int READER_QUEUE = 4096;
    private static final int BLOCKING_THREADS = 2;
    private static final int BLOCKING_QUEUE = 1024;
    private static final long CLOSE_SECONDS = 10;

    private final ExecutorService readers = bounded("metaq-reader", READER_THREADS, READER_QUEUE);
    private final ExecutorService blocking = bounded("metaq-admin", BLOCKING_THREADS, BLOCKING_QUEUE);
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, named("metaq-timer"));

    BrokerExecutors() {
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    private static ExecutorService bounded(String name, int threads, int queue) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                threads, threads, 30, TimeUnit.SECONDS, new ArrayBlockingQueue<>(queue), named(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    private static ThreadFactory named(String name) {
        AtomicInteger number = new AtomicInteger();
        return task -> new Thread(task, name + "-" + number.incrementAndGet());
    }

    CoreCommands.Executors forCommands() {
        return new CoreCommands.Executors(readers, blocking, timer);
    }

    @Override
    public void close() {
        timer.shutdownNow();
        readers.shutdown();
        blocking.shutdown();
        try {
            readers.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
            blocking.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
