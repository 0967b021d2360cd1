// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.server.testkit.FaultyDisk;
import io.metaq.server.testkit.PowerLoss;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whatever the power loss spares: what was acknowledged is there once and in order, and a retry neither loses nor repeats. */
class PowerLossTest {
    private static final Logger LOG = LoggerFactory.getLogger(PowerLossTest.class);

    private static final int SEEDS = 200;
    private static final int LIVES = 3;
    private static final long PRODUCER = 11;
    private static final String[] LOGS = {"a-0", "a-1", "b-0", "b-1", "c-0"};

    @TempDir
    Path directory;

    /** What one producer knows of one log. */
    private static final class Sent {
        private int acknowledged = -1;
        private int next;
        private int previous = -1;
        private final List<Batch> unanswered = new ArrayList<>();
    }

    private record Batch(int previous, int first, int last) {
        String[] payloads() {
            return IntStream.rangeClosed(first, last)
                    .mapToObj(i -> i + "x".repeat(i * 31 % 200))
                    .toArray(String[]::new);
        }
    }

    @Test
    void afterEachOfTwoHundredPowerLossesEveryAcknowledgedRecordIsThereOnce() throws IOException {
        for (long seed = 0; seed < SEEDS; seed++) {
            run(seed);
        }
    }

    private void run(long seed) throws IOException {
        Random random = new Random(seed);
        Map<String, Sent> sent = new TreeMap<>();
        for (String log : LOGS) {
            sent.put(log, new Sent());
        }
        Path data = Files.createDirectories(directory.resolve("seed-" + seed));
        FaultyDisk disk = new FaultyDisk();
        for (int life = 1; life <= LIVES; life++) {
            disk.powerOffAfter(life == LIVES ? Long.MAX_VALUE : 20 + random.nextInt(1_200));
            live(seed, disk, data, sent, random);
            disk.crash(PowerLoss.random(random.nextLong()));
        }
        try (LogStoreFixture last = new LogStoreFixture(data, disk, 0, LOGS)) {
            requireWhole(seed, last, sent);
        }
    }

    /** From start to power loss, or to a clean stop when enough has been sent. */
    private static void live(long seed, FaultyDisk disk, Path data, Map<String, Sent> sent, Random random)
            throws IOException {
        LogStoreFixture fixture;
        try {
            fixture = new LogStoreFixture(data, disk, 0, LOGS);
        } catch (IOException e) {
            LOG.trace("The power failed during the start", e);
            requirePowerOff(seed, e);
            return;
        }
        try {
            requireWhole(seed, fixture, sent);
            for (Map.Entry<String, Sent> entry : sent.entrySet()) {
                settle(entry.getValue(), send(fixture, entry.getKey(), entry.getValue().unanswered));
            }
            for (int round = 0; round < 40 && allAnswered(sent); round++) {
                Map<String, List<CompletableFuture<LogStoreFixture.Ack>>> acks = new TreeMap<>();
                for (Map.Entry<String, Sent> entry : sent.entrySet()) {
                    if (random.nextInt(3) > 0) {
                        List<Batch> fresh = fresh(entry.getValue(), random);
                        acks.put(entry.getKey(), send(fixture, entry.getKey(), fresh));
                    }
                }
                acks.forEach((log, answers) -> settle(sent.get(log), answers));
            }
            if (allAnswered(sent)) {
                requireWhole(seed, fixture, sent);
            }
        } finally {
            try {
                fixture.close();
            } catch (IOException e) {
                LOG.trace("The power failed before the end of the stop", e);
                requirePowerOff(seed, e);
            }
        }
    }

    private static boolean allAnswered(Map<String, Sent> sent) {
        return sent.values().stream().allMatch(log -> log.unanswered.isEmpty());
    }

    /** Nothing but the power may stop a store. */
    private static void requirePowerOff(long seed, IOException failure) {
        assertThat(failure).as("seed %d", seed).hasStackTraceContaining("the power is off");
    }

    private static List<Batch> fresh(Sent sent, Random random) {
        List<Batch> batches = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            int last = sent.next + random.nextInt(3);
            batches.add(new Batch(sent.previous, sent.next, last));
            sent.previous = last;
            sent.next = last + 1;
        }
        sent.unanswered.addAll(batches);
        return batches;
    }

    private static List<CompletableFuture<LogStoreFixture.Ack>> send(
            LogStoreFixture fixture, String log, List<Batch> batches) {
        return batches.stream()
                .map(batch -> fixture.sendIdempotent(log, PRODUCER, batch.previous, batch.first, batch.payloads()))
                .toList();
    }

    /** Waits for every answer; each must come. What was not acknowledged stays to be sent again. */
    private static void settle(Sent sent, List<CompletableFuture<LogStoreFixture.Ack>> answers) {
        int acknowledged = 0;
        for (CompletableFuture<LogStoreFixture.Ack> answer : answers) {
            try {
                answer.join();
                acknowledged++;
            } catch (CompletionException e) {
                LOG.trace("Not acknowledged", e);
                break;
            }
        }
        answers.forEach(answer ->
                assertThat(answer.handle((ack, failure) -> true).join()).isTrue());
        List<Batch> done = sent.unanswered.subList(0, acknowledged);
        done.forEach(batch -> sent.acknowledged = batch.last);
        done.clear();
    }

    private static void requireWhole(long seed, LogStoreFixture fixture, Map<String, Sent> sent) throws IOException {
        for (Map.Entry<String, Sent> entry : sent.entrySet()) {
            List<Integer> found = fixture.visible(entry.getKey()).stream()
                    .map(payload -> Integer.parseInt(payload.replace("x", "")))
                    .toList();
            assertThat(found)
                    .as("seed %d log %s: each once, in order", seed, entry.getKey())
                    .isEqualTo(IntStream.range(0, found.size()).boxed().toList());
            assertThat(found.size())
                    .as("seed %d log %s: acknowledged up to %d", seed, entry.getKey(), entry.getValue().acknowledged)
                    .isBetween(entry.getValue().acknowledged + 1, entry.getValue().next);
        }
        fixture.store.recoveries().forEach(report -> assertThat(report.damage())
                .as("seed %d, logs %s", seed, Arrays.toString(LOGS))
                .isEmpty());
    }
}
