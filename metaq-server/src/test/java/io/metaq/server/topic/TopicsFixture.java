// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.Append;
import io.metaq.server.commit.AppendFailure;
import io.metaq.server.commit.Durability;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.commit.LogStore;
import io.metaq.server.config.BrokerConfig;
import io.metaq.server.config.ConfigException;
import io.metaq.server.config.ConfigReader;
import io.metaq.server.log.Disk;
import io.metaq.server.log.LogSlice;
import io.metaq.server.log.NioDisk;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A broker's topics over a store of its own, without ports: what one life of a broker has of them. */
final class TopicsFixture implements Closeable {
    final LogStore store;
    final TopicRegistry registry;

    private TopicsFixture(LogStore store, TopicRegistry registry) {
        this.store = store;
        this.registry = registry;
    }

    static TopicsFixture open(Path directory, String lines) throws IOException, ConfigException {
        return open(directory, lines, new NioDisk());
    }

    /** @param lines of the ini file, behind brokerId and dataPath in section system */
    static TopicsFixture open(Path directory, String lines, Disk disk) throws IOException, ConfigException {
        BrokerConfig config = ConfigReader.parse(
                "test.ini",
                "[system]\nbrokerId=1\ndataPath=" + directory + "\njournalFileSize=1m\nminFreeBytes=0\n" + lines);
        LogStore store = LogStore.open(config.logStore(), disk, InstantSource.system(), new SimpleMeterRegistry());
        boolean opened = false;
        try {
            TopicRegistry registry =
                    new TopicRegistry(store, config.topics(), 1, config.maxPartitions(), config.dataDirectory());
            store.start();
            opened = true;
            return new TopicsFixture(store, registry);
        } finally {
            if (!opened) {
                store.close();
            }
        }
    }

    Topic topic(String name) {
        return registry.find(name).orElseThrow(() -> new AssertionError("there is no topic " + name));
    }

    /** Every topic with its number of partitions. */
    Map<String, Integer> partitionCounts() {
        Map<String, Integer> counts = new TreeMap<>();
        registry.topics()
                .forEach(topic -> counts.put(topic.name(), topic.partitions().size()));
        return counts;
    }

    /** Returns when the message is forced. */
    void put(String topic, int partition, String text) throws IOException {
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer header = ByteBuffer.allocate(RecordLayout.HEADER_BYTES);
        RecordLayout.putHeader(header, data.length, PayloadChecksum.of(data), 0, 0);
        ByteBuf record = Unpooled.wrappedBuffer(header.flip(), ByteBuffer.wrap(data));
        CompletableFuture<Void> done = new CompletableFuture<>();
        LogHandle log = topic(topic).partition(partition).log();
        Append append = new Append(log, record, 1, null, new Append.Listener() {
            @Override
            public void onAppended(long firstId, long firstOffset, long nextOffset, Durability durability) {
                done.complete(null);
            }

            @Override
            public void onFailed(AppendFailure failure) {
                done.completeExceptionally(new IOException(failure.message()));
            }
        });
        if (!store.writer().offer(append)) {
            record.release();
            throw new IOException("the queue is full");
        }
        try {
            done.get();
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** What a consumer sees of a partition, from its beginning. */
    List<String> visible(String topic, int partition) throws IOException {
        LogHandle log = topic(topic).partition(partition).log();
        List<String> found = new ArrayList<>();
        for (long at = log.log().startOffset(); at < log.visibleEnd(); ) {
            LogSlice slice = log.log().slice(at, 1, log.visibleEnd());
            ByteBuffer record = ByteBuffer.allocate(slice.lengthBytes());
            slice.channel().read(record, slice.position());
            slice.release().run();
            byte[] data = new byte[RecordLayout.payloadBytes(record, 0)];
            record.position(RecordLayout.HEADER_BYTES).get(data);
            found.add(new String(data, StandardCharsets.UTF_8));
            at = slice.nextOffset();
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
