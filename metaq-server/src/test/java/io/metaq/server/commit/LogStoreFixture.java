// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.record.MessageIds;
import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import io.metaq.server.log.Disk;
import io.metaq.server.log.LogConfig;
import io.metaq.server.log.LogSlice;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A store with short words: sends payloads, returns futures of acknowledgements, reads payloads back. */
final class LogStoreFixture implements AutoCloseable {
    /** What an acknowledgement said. */
    record Ack(long firstId, long firstOffset, long nextOffset, Durability durability) {}

    /** An append was refused or failed. */
    static final class FailedAppend extends RuntimeException {
        private static final long serialVersionUID = 1L;
        final AppendFailure.Reason reason;

        FailedAppend(AppendFailure failure) {
            super(failure.message());
            this.reason = failure.reason();
        }
    }

    static final LogConfig SMALL_SEGMENTS = new LogConfig(4096, 512);

    final LogStore store;

    LogStoreFixture(Path directory, Disk disk, long minFreeBytes, String... logs) throws IOException {
        this(
                new LogStoreConfig(
                        directory,
                        1,
                        4096,
                        32 << 20,
                        256 * 1024,
                        Duration.ofMillis(200),
                        1L << 30,
                        minFreeBytes,
                        Duration.ofDays(7)),
                disk,
                logs);
    }

    LogStoreFixture(LogStoreConfig config, Disk disk, String... logs) throws IOException {
        store = LogStore.open(config, disk, InstantSource.system(), new SimpleMeterRegistry());
        boolean started = false;
        try {
            for (String log : logs) {
                store.open(log, null, SMALL_SEGMENTS, FlushPolicy.SYNC);
            }
            store.start();
            started = true;
        } finally {
            if (!started) {
                store.close();
            }
        }
    }

    LogHandle log(String name) {
        return store.find(name).orElseThrow();
    }

    static ByteBuf records(long[] ids, String... payloads) {
        ByteBuf records = Unpooled.buffer();
        for (int i = 0; i < payloads.length; i++) {
            byte[] data = payloads[i].getBytes(StandardCharsets.UTF_8);
            ByteBuffer header = ByteBuffer.allocate(RecordLayout.HEADER_BYTES);
            RecordLayout.putHeader(header, data.length, PayloadChecksum.of(data), ids == null ? 0 : ids[i], 0);
            records.writeBytes(header.flip()).writeBytes(data);
        }
        return records;
    }

    CompletableFuture<Ack> send(String log, String... payloads) {
        return offer(log(log), records(null, payloads), payloads.length, null);
    }

    /** Sends a batch of one producer whose sequences follow each other. */
    CompletableFuture<Ack> sendIdempotent(String log, long producerId, int previous, int first, String... payloads) {
        long[] ids = new long[payloads.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = MessageIds.idempotent(producerId, first + i);
        }
        Append.ProducerSequence sequence =
                new Append.ProducerSequence(producerId, previous, first, first + payloads.length - 1);
        return offer(log(log), records(ids, payloads), payloads.length, sequence);
    }

    private CompletableFuture<Ack> offer(LogHandle log, ByteBuf records, int count, Append.ProducerSequence sequence) {
        CompletableFuture<Ack> ack = new CompletableFuture<>();
        Append append = new Append(log, records, count, sequence, new Append.Listener() {
            @Override
            public void onAppended(long firstId, long firstOffset, long nextOffset, Durability durability) {
                if (!ack.complete(new Ack(firstId, firstOffset, nextOffset, durability))) {
                    throw new AssertionError("told twice");
                }
            }

            @Override
            public void onFailed(AppendFailure failure) {
                if (!ack.completeExceptionally(new FailedAppend(failure))) {
                    throw new AssertionError("told twice");
                }
            }
        });
        if (!store.writer().offer(append)) {
            records.release();
            ack.completeExceptionally(
                    new FailedAppend(new AppendFailure(AppendFailure.Reason.BUSY, "the queue is full")));
        }
        return ack;
    }

    /** What a consumer can see of a log. */
    List<String> visible(String name) throws IOException {
        LogHandle log = log(name);
        List<String> found = new ArrayList<>();
        long at = log.log().startOffset();
        while (at < log.visibleEnd()) {
            LogSlice slice = log.log().slice(at, 1 << 20, log.visibleEnd());
            ByteBuffer bytes = ByteBuffer.allocate(slice.lengthBytes());
            slice.channel().read(bytes, slice.position());
            slice.release().run();
            bytes.flip();
            while (bytes.hasRemaining()) {
                byte[] data = new byte[RecordLayout.payloadBytes(bytes, bytes.position())];
                bytes.position(bytes.position() + RecordLayout.HEADER_BYTES);
                bytes.get(data);
                found.add(new String(data, StandardCharsets.UTF_8));
            }
            at = slice.nextOffset();
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
