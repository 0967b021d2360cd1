// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.Append;
import io.metaq.server.commit.AppendFailure;
import io.metaq.server.commit.Durability;
import io.metaq.server.commit.FlushPolicy;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.commit.LogStore;
import io.metaq.server.commit.LogStoreConfig;
import io.metaq.server.log.LogConfig;
import io.metaq.server.log.LogSlice;
import io.metaq.server.log.NioDisk;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data directory of the original broker, its journal beside the partitions, is a data directory of ours. */
class OriginalDataDirectoryOpensTest {
    private static final int MESSAGES_IN_A_PARTITION = 30;

    @TempDir
    Path folder;

    private Path directory;

    @BeforeEach
    void copyTheFixture() throws Exception {
        Path fixture = Path.of(getClass().getResource("/original-1.4.6.2/data").toURI());
        directory = folder.resolve("data");
        try (Stream<Path> all = Files.walk(fixture)) {
            for (Path source : all.toList()) {
                Files.copy(source, directory.resolve(fixture.relativize(source).toString()));
            }
        }
    }

    @Test
    void itsTopicsAreFoundWithoutBeingDeclaredAndAppendsContinueAcrossRestarts() throws Exception {
        int appended = 0;
        for (int start = 0; start < 3; start++) {
            try (LogStore store = open()) {
                TopicRegistry registry = registry(store);
                store.start();
                assertThat(registry.topics()).extracting(Topic::name).containsExactly("history");
                Topic history = registry.find("history").orElseThrow();
                assertThat(history.partitions()).hasSize(2);
                for (Partition partition : history.partitions()) {
                    assertThat(visibleRecords(partition.log())).isEqualTo(MESSAGES_IN_A_PARTITION + appended);
                    long end = partition.log().visibleEnd();
                    assertThat(append(store, partition.log())).isEqualTo(end);
                }
                appended++;
            }
        }
    }

    private LogStore open() throws IOException {
        LogStoreConfig config = new LogStoreConfig(
                directory, 0, 64, 1 << 20, 64 * 1024, Duration.ofSeconds(10), 1L << 30, 0, Duration.ofDays(7));
        return LogStore.open(config, new NioDisk(), InstantSource.system(), new SimpleMeterRegistry());
    }

    private TopicRegistry registry(LogStore store) throws IOException {
        return new TopicRegistry(store, new NothingDeclared(), 0, 100, directory);
    }

    /** Appends one message and returns its offset when it is forced. */
    private static long append(LogStore store, LogHandle log) throws Exception {
        byte[] data = {1, 2, 3};
        ByteBuffer header = ByteBuffer.allocate(RecordLayout.HEADER_BYTES);
        RecordLayout.putHeader(header, data.length, PayloadChecksum.of(data), 0, 0);
        ByteBuf record = Unpooled.wrappedBuffer(header.flip(), ByteBuffer.wrap(data));
        CompletableFuture<Long> offset = new CompletableFuture<>();
        Append append = new Append(log, record, 1, null, new Append.Listener() {
            @Override
            public void onAppended(long firstId, long firstOffset, long nextOffset, Durability durability) {
                offset.complete(firstOffset);
            }

            @Override
            public void onFailed(AppendFailure failure) {
                offset.completeExceptionally(new AssertionError(failure.message()));
            }
        });
        assertThat(store.writer().offer(append)).isTrue();
        return offset.get(10, TimeUnit.SECONDS);
    }

    private static int visibleRecords(LogHandle log) throws IOException {
        int records = 0;
        for (long at = log.log().startOffset(); at < log.visibleEnd(); ) {
            LogSlice slice = log.log().slice(at, 1, log.visibleEnd());
            slice.release().run();
            records++;
            at = slice.nextOffset();
        }
        return records;
    }

    private static final class NothingDeclared implements TopicDefaults {
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
            RetentionPolicy retention =
                    new RetentionPolicy(RetentionPolicy.Action.DELETE, Duration.ofDays(7), 0, "0 0 6,18 * * ?");
            return new TopicSettings(
                    1,
                    TopicSettings.PLAIN_RECORDS,
                    true,
                    true,
                    true,
                    FlushPolicy.SYNC,
                    new LogConfig(1 << 20, 4096),
                    retention,
                    null);
        }
    }
}
