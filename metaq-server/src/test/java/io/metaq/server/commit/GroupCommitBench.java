// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.LogConfig;
import io.metaq.server.log.NioDisk;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * How many synchronous appends of 1 KiB a second, by senders and partitions; without the network. Arguments: the directory to
 * write in, seconds a row.
 */
final class GroupCommitBench {
    private static final int PAYLOAD_BYTES = 1024;
    private static final int SENDERS = 64;

    private GroupCommitBench() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path root = Path.of(arguments[0]);
        long seconds = Long.parseLong(arguments[1]);
        PrintStream out = System.out;
        out.println("senders partitions appends/s forces/s records/force");
        run(root, 1, 1, seconds, out);
        for (int partitions : List.of(1, 10, 100, 1_000)) {
            run(root, SENDERS, partitions, seconds, out);
        }
    }

    private static void run(Path root, int senders, int partitions, long seconds, PrintStream out)
            throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory(root, "bench");
        LogStoreConfig config = new LogStoreConfig(
                directory, 1, 65_536, 64L << 20, 32 << 20, Duration.ofSeconds(30), 1L << 30, 0, Duration.ofDays(7));
        try (LogStore store = LogStore.open(config, new NioDisk(), InstantSource.system(), new SimpleMeterRegistry())) {
            LogHandle[] logs = new LogHandle[partitions];
            for (int i = 0; i < partitions; i++) {
                logs[i] = store.open("p-" + i, null, new LogConfig(1L << 30, 4096), FlushPolicy.SYNC);
            }
            store.start();
            measure(store, logs, senders, 2);
            long forces = store.writer().forces();
            long records = store.writer().forcedRecords();
            long appended = measure(store, logs, senders, seconds);
            long forced = store.writer().forces() - forces;
            out.printf(
                    "%7d %10d %9d %8d %13.1f%n",
                    senders,
                    partitions,
                    appended / seconds,
                    forced / seconds,
                    (store.writer().forcedRecords() - records) / (double) forced);
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Each sender has one append under way: the acknowledgement sends the next, as a closed loop of clients would. */
    private static long measure(LogStore store, LogHandle[] logs, int senders, long seconds)
            throws InterruptedException {
        AtomicLong acknowledged = new AtomicLong();
        int next = 0;
        Semaphore ready = new Semaphore(senders);
        String payload = "x".repeat(PAYLOAD_BYTES);
        Append.Listener listener = new Append.Listener() {
            @Override
            public void onAppended(long firstId, long firstOffset, long nextOffset, Durability durability) {
                acknowledged.incrementAndGet();
                ready.release();
            }

            @Override
            public void onFailed(AppendFailure failure) {
                throw new IllegalStateException(failure.message());
            }
        };
        ByteBuf template = LogStoreFixture.records(null, payload);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            ready.acquire();
            LogHandle log = logs[Math.floorMod(next++ * 31, logs.length)];
            if (!store.writer().offer(new Append(log, template.retainedDuplicate(), 1, null, listener))) {
                throw new IllegalStateException("refused");
            }
        }
        ready.acquire(senders);
        template.release();
        return acknowledged.get();
    }
}
