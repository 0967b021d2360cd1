// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.record.MessageIds;
import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.Append;
import io.metaq.server.commit.AppendFailure;
import io.metaq.server.commit.Durability;
import io.metaq.server.commit.FlushPolicy;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.commit.LogStore;
import io.metaq.server.commit.LogStoreConfig;
import io.metaq.server.commit.StoreVerifier;
import io.metaq.server.log.Disk;
import io.metaq.server.log.LogConfig;
import io.metaq.server.log.LogSlice;
import io.metaq.server.log.LogVerifier;
import io.metaq.server.log.NioDisk;
import io.metaq.server.log.ReadOnlyDisk;
import io.metaq.server.testkit.CapturedLog;
import io.metaq.server.testkit.FaultyDisk;
import io.metaq.server.testkit.PowerLoss;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Single bits rot in the files that logs share: recovery points, producer snapshots, {@code __meta}, the commit journal. */
class StoreCorruptionTest {
    private static final int SPOTS_AFTER_A_STOP = 160;
    private static final int SPOTS_IN_A_JOURNAL = 150;
    private static final int ROUNDS = 12;
    private static final int PARTITIONS = 6;
    private static final int BLOCK_HEADER_BYTES = 28;

    @TempDir
    Path root;

    /** Acknowledged payloads of each log, in order. */
    private final Map<String, List<String>> acknowledged = new TreeMap<>();

    private static LogStore openStore(Path data, Disk disk) throws IOException {
        LogStoreConfig config = new LogStoreConfig(
                data, 1, 1024, 1 << 20, 64 * 1024, Duration.ofHours(1), 1L << 30, 0, Duration.ofDays(7));
        return LogStore.open(config, disk, InstantSource.system(), new SimpleMeterRegistry());
    }

    private static TopicRegistry openTopics(LogStore store, Path data) throws IOException {
        return new TopicRegistry(store, new RunTimeTopics(), 1, 100, data);
    }

    /** All partitions in one group, whatever the scheduler does, so that it goes through the journal. */
    private void send(LogStore store, Topic topic, int round) {
        CountDownLatch allQueued = new CountDownLatch(1);
        store.writer().execute(() -> await(allQueued));
        List<CompletableFuture<Void>> acks = new ArrayList<>();
        for (Partition partition : topic.partitions()) {
            String payload = "round " + round + " partition " + partition.index() + "x".repeat(round * 7 % 90);
            acknowledged
                    .computeIfAbsent(partition.log().log().name(), name -> new ArrayList<>())
                    .add(payload);
            acks.add(append(store, partition.log(), payload, null));
        }
        allQueued.countDown();
        CompletableFuture.allOf(acks.toArray(CompletableFuture[]::new)).join();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts the log writer", e);
        }
    }

    /** So that there is a snapshot of producers. */
    private void sendIdempotent(LogStore store, Partition partition, long producerId) {
        acknowledged.get(partition.log().log().name()).add("once");
        append(store, partition.log(), "once", new Append.ProducerSequence(producerId, -1, 0, 0))
                .join();
    }

    private static CompletableFuture<Void> append(
            LogStore store, LogHandle log, String payload, Append.ProducerSequence sequence) {
        byte[] data = payload.getBytes(StandardCharsets.UTF_8);
        ByteBuffer header = ByteBuffer.allocate(RecordLayout.HEADER_BYTES);
        long id = sequence == null ? 0 : MessageIds.idempotent(sequence.producerId(), sequence.first());
        RecordLayout.putHeader(header, data.length, PayloadChecksum.of(data), id, 0);
        ByteBuf record = Unpooled.wrappedBuffer(header.flip(), ByteBuffer.wrap(data));
        CompletableFuture<Void> ack = new CompletableFuture<>();
        Append append = new Append(log, record, 1, sequence, new Append.Listener() {
            @Override
            public void onAppended(long firstMessageId, long firstOffset, long nextOffset, Durability durability) {
                ack.complete(null);
            }

            @Override
            public void onFailed(AppendFailure failure) {
                ack.completeExceptionally(new AssertionError(failure.message()));
            }
        });
        assertThat(store.writer().offer(append)).isTrue();
        return ack;
    }

    private static List<String> payloads(LogHandle log) throws IOException {
        List<String> found = new ArrayList<>();
        for (long at = log.log().startOffset(); at < log.visibleEnd(); ) {
            LogSlice slice = log.log().slice(at, 1, log.visibleEnd());
            ByteBuffer bytes = ByteBuffer.allocate(slice.lengthBytes());
            slice.channel().read(bytes, slice.position());
            slice.release().run();
            found.add(new String(
                    bytes.array(),
                    RecordLayout.HEADER_BYTES,
                    slice.lengthBytes() - RecordLayout.HEADER_BYTES,
                    StandardCharsets.UTF_8));
            at = slice.nextOffset();
        }
        return found;
    }

    private static List<LogVerifier.Finding> findings(Path data) throws IOException {
        List<LogVerifier.Finding> findings = new ArrayList<>();
        Disk disk = new ReadOnlyDisk();
        LogVerifier logs = new LogVerifier(disk, findings::add, bytes -> {});
        new StoreVerifier(disk, logs, findings::add).verify(data);
        return findings;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path source : all.toList()) {
                Files.copy(source, to.resolve(from.relativize(source).toString()));
            }
        }
    }

    private static void flip(Path file, int position, SplittableRandom random) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
    }

    @Test
    void aFlippedBitAfterACleanStopIsToldAndCostsNoMessage() throws Exception {
        Path good = root.resolve("good");
        try (LogStore store = openStore(good, new NioDisk())) {
            TopicRegistry topics = openTopics(store, good);
            store.start();
            Topic orders = topics.create("orders", Map.of("numPartitions", Integer.toString(PARTITIONS)));
            for (int round = 0; round < ROUNDS; round++) {
                send(store, orders, round);
            }
            sendIdempotent(store, orders.partition(1), topics.newProducerId());
        }
        assertThat(findings(good)).isEmpty();
        for (int seed = 0; seed < SPOTS_AFTER_A_STOP; seed++) {
            Path data = root.resolve("stop-" + seed);
            copy(good, data);
            SplittableRandom random = new SplittableRandom(seed);
            List<Path> candidates = List.of(
                    data.resolve("recovery-points"),
                    data.resolve("orders-1/producers.snapshot"),
                    data.resolve("__meta/00000000000000000000.index"),
                    data.resolve("__meta/00000000000000000000.meta"));
            Path file = candidates.get(seed % candidates.size());
            int position = random.nextInt((int) Files.size(file));
            flip(file, position, random);
            String as = "seed " + seed + ", " + file + " at " + position;
            assertThat(findings(data)).as(as).isNotEmpty().allMatch(finding -> finding.file()
                    .equals(file));
            try (CapturedLog told = new CapturedLog();
                    LogStore store = openStore(data, new NioDisk())) {
                if (file.toString().endsWith(".meta")) {
                    requireRefusal(store, data, file, as);
                    continue;
                }
                TopicRegistry topics = openTopics(store, data);
                store.start();
                assertThat(told.warnings()).as(as).anySatisfy(line -> assertThat(line)
                        .contains(file.getParent().toString()));
                assertThat(topics.find("orders").orElseThrow().partitions())
                        .as(as)
                        .hasSize(PARTITIONS);
                for (Map.Entry<String, List<String>> log : acknowledged.entrySet()) {
                    assertThat(payloads(store.find(log.getKey()).orElseThrow()))
                            .as(as)
                            .isEqualTo(log.getValue());
                }
            }
        }
    }

    /** What topics there are, and which producer numbers are taken, is not to be guessed. */
    private static void requireRefusal(LogStore store, Path data, Path file, String as) {
        assertThatThrownBy(() -> openTopics(store, data))
                .as(as)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("offset");
    }

    private record Block(long from, long to) {}

    /** Where the blocks of the first journal file are. */
    private static List<Block> blocks(Path journal) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(journal));
        long generation = bytes.getLong(8);
        List<Block> blocks = new ArrayList<>();
        int at = 0;
        while (at + BLOCK_HEADER_BYTES < bytes.limit() && bytes.getLong(at + 8) == generation) {
            int end = at + BLOCK_HEADER_BYTES + bytes.getInt(at + 4);
            blocks.add(new Block(at, end));
            at = end;
        }
        return blocks;
    }

    @Test
    void aFlippedBitInTheJournalIsToldAndWhatTheLogsHaveStays() throws Exception {
        Path killed = root.resolve("killed");
        Path unplugged = root.resolve("unplugged");
        Path data = root.resolve("data");
        FaultyDisk disk = new FaultyDisk();
        LogStore dying = openStore(data, disk);
        TopicRegistry dyingTopics = openTopics(dying, data);
        dying.start();
        Topic orders = dyingTopics.create("orders", Map.of("numPartitions", Integer.toString(PARTITIONS)));
        for (int round = 0; round < ROUNDS; round++) {
            send(dying, orders, round);
        }
        copy(data, killed); // all that was written is there, as when only the process dies
        disk.crash(PowerLoss.ofAllUnforced());
        copy(data, unplugged);
        List<Block> blocks = blocks(unplugged.resolve("__journal/000.journal"));
        assertThat(blocks).hasSizeGreaterThan(4);

        int losses = 0;
        for (int seed = 0; seed < SPOTS_IN_A_JOURNAL; seed++) {
            boolean powerLoss = seed % 2 == 0;
            Path again = root.resolve("again-" + seed);
            copy(powerLoss ? unplugged : killed, again);
            SplittableRandom random = new SplittableRandom(seed);
            Block block = blocks.get(random.nextInt(blocks.size()));
            Path journal = again.resolve("__journal/000.journal");
            int position = (int) (block.from + random.nextLong(block.to - block.from));
            flip(journal, position, random);
            String as = "seed " + seed + ", block at " + block.from + ", byte " + position;
            assertThat(findings(again)).as(as).anySatisfy(finding -> {
                assertThat(finding.file()).isEqualTo(journal);
                assertThat(finding.position()).isEqualTo(block.from);
            });
            try (CapturedLog told = new CapturedLog();
                    LogStore store = openStore(again, new NioDisk())) {
                openTopics(store, again);
                assertThat(told.warnings()).as(as).anySatisfy(line -> assertThat(line)
                        .contains(journal.toString())
                        .contains("position=" + block.from));
                for (Map.Entry<String, List<String>> log : acknowledged.entrySet()) {
                    List<String> found = payloads(store.find(log.getKey()).orElseThrow());
                    assertThat(log.getValue().subList(0, found.size())).as(as).isEqualTo(found);
                    if (!powerLoss) {
                        assertThat(found).as(as).isEqualTo(log.getValue());
                    }
                    losses += log.getValue().size() - found.size();
                }
            }
        }
        assertThat(losses).as("the journal had the only copy").isPositive();
    }

    private static final class RunTimeTopics implements TopicDefaults {
        @Override
        public Set<String> declaredTopics() {
            return Set.of();
        }

        @Override
        public Optional<TopicSettings> find(String topic) {
            return Optional.empty();
        }

        @Override
        public TopicSettings with(String topic, Map<String, String> changes) {
            return new TopicSettings(
                    Integer.parseInt(changes.getOrDefault("numPartitions", "1")),
                    TopicSettings.PLAIN_RECORDS,
                    true,
                    true,
                    true,
                    FlushPolicy.SYNC,
                    new LogConfig(1 << 20, 512),
                    new RetentionPolicy(RetentionPolicy.Action.DELETE, Duration.ofDays(7), 0, "0 0 6,18 * * ?"),
                    null);
        }
    }
}
