// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.Append;
import io.metaq.server.commit.AppendFailure;
import io.metaq.server.commit.Durability;
import io.metaq.server.commit.FlushPolicy;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.commit.LogStore;
import io.metaq.server.log.LogConfig;
import io.metaq.server.log.LogSlice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** The broker's own log of what changed at run time. An ordinary log, so it recovers and will be replicated like any. */
final class MetaLog {
    static final String NAME = "__meta";

    private static final LogConfig CONFIG = new LogConfig(64L << 20, 16 * 1024);
    private static final int READ_BYTES = 1 << 20;

    private final LogStore store;
    private final LogHandle log;
    private final ObjectMapper json = new ObjectMapper();

    MetaLog(LogStore store) throws IOException {
        this.store = store;
        this.log = store.open(NAME, null, CONFIG, FlushPolicy.SYNC);
    }

    /** All entries, in order. */
    List<MetaEntry> readAll() throws IOException {
        List<MetaEntry> entries = new ArrayList<>();
        long offset = log.log().startOffset();
        long end = log.log().watermarks().end();
        while (offset < end) {
            LogSlice slice = log.log().slice(offset, READ_BYTES, end);
            try {
                ByteBuffer bytes = ByteBuffer.allocate(slice.lengthBytes());
                while (bytes.hasRemaining() && slice.channel().read(bytes, slice.position() + bytes.position()) >= 0) {}
                decode(offset, bytes.flip(), entries);
            } finally {
                slice.release().run();
            }
            offset = slice.nextOffset();
        }
        return entries;
    }

    private void decode(long firstOffset, ByteBuffer records, List<MetaEntry> entries) throws IOException {
        while (records.hasRemaining()) {
            long offset = firstOffset + records.position();
            byte[] payload = new byte[RecordLayout.payloadBytes(records, records.position())];
            records.position(records.position() + RecordLayout.HEADER_BYTES);
            records.get(payload);
            try {
                entries.add(json.readValue(payload, MetaEntry.class));
            } catch (JsonProcessingException e) {
                throw new IOException(
                        "log " + NAME + ": the entry at offset " + offset
                                + " is none that this version knows; a newer one may have written it: "
                                + e.getOriginalMessage(),
                        e);
            }
        }
    }

    /** Durable on return; blocks on the disk. After a failure the entry may or may not be there at the next start. */
    void append(MetaEntry entry) throws IOException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        ByteBuf record = encode(entry);
        Append append = new Append(log, record, 1, null, new Append.Listener() {
            @Override
            public void onAppended(long firstMessageId, long firstOffset, long nextOffset, Durability durability) {
                done.complete(null);
            }

            @Override
            public void onFailed(AppendFailure failure) {
                done.completeExceptionally(new IOException(failure.message()));
            }
        });
        if (!store.writer().offer(append)) {
            record.release();
            throw new IOException("the log writer's queue is full; try again");
        }
        try {
            done.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while writing " + NAME, e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause().getMessage(), e.getCause());
        }
    }

    private ByteBuf encode(MetaEntry entry) throws JsonProcessingException {
        byte[] payload = json.writeValueAsBytes(entry);
        ByteBuffer record = ByteBuffer.allocate(RecordLayout.recordBytes(payload.length));
        RecordLayout.putHeader(record, payload.length, PayloadChecksum.of(payload), 0, 0);
        return Unpooled.wrappedBuffer(record.put(payload).flip());
    }
}
