// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.protocol.ReplyEncoder;
import io.metaq.server.log.LogSlice;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultFileRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request and the place for its answer: exactly one of the answering methods is to be called, once, from any thread. */
public final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final Connection connection;
    private final int opaque;
    private final int requestBytes;
    private final AtomicBoolean answered = new AtomicBoolean();

    Exchange(Connection connection, int opaque, int requestBytes) {
        this.connection = connection;
        this.opaque = opaque;
        this.requestBytes = requestBytes;
    }

    public Connection connection() {
        return connection;
    }

    public ByteBufAllocator allocator() {
        return connection.allocator();
    }

    /** A status and a text. */
    public void result(int code, String body) {
        if (claim()) {
            ByteBuf reply = ReplyEncoder.result(allocator(), code, body, opaque);
            connection.answer(new QueuedReply(List.of(reply), reply.readableBytes()), requestBytes);
        }
    }

    /** A run of a log, sent from its file; the slice is released when it has gone, or cannot go. */
    public void value(LogSlice slice) {
        value(List.of(slice), slice.lengthBytes());
    }

    /**
     * Several parts, buffers and slices, as one value; each is released when it has gone, or cannot go.
     *
     * @param parts {@link ByteBuf}s and {@link LogSlice}s, in order
     * @param totalBytes the length of all parts
     */
    public void value(List<?> parts, int totalBytes) {
        if (!claim()) {
            parts.forEach(Exchange::discard);
            return;
        }
        List<Object> whole = new ArrayList<>(parts.size() + 1);
        ByteBuf header = ReplyEncoder.valueHeader(allocator(), totalBytes, opaque);
        whole.add(header);
        int memoryBytes = header.readableBytes();
        for (Object part : parts) {
            if (part instanceof LogSlice slice) {
                whole.add(new SliceRegion(slice));
            } else {
                whole.add(part);
                memoryBytes += ((ByteBuf) part).readableBytes();
            }
        }
        connection.answer(new QueuedReply(whole, memoryBytes), requestBytes);
    }

    private static void discard(Object part) {
        if (part instanceof LogSlice slice) {
            slice.release().run();
        } else {
            ((ByteBuf) part).release();
        }
    }

    /** No reply at all: {@code quit}, and {@code END} of a transaction. */
    public void none() {
        if (claim()) {
            connection.endWithoutReply(requestBytes);
        }
    }

    private boolean claim() {
        if (answered.compareAndSet(false, true)) {
            return true;
        }
        LOG.error("A request was answered twice remote={} opaque={}", connection.remote(), opaque);
        return false;
    }

    /** A file region that gives its segment back. */
    private static final class SliceRegion extends DefaultFileRegion {
        private final Runnable release;

        SliceRegion(LogSlice slice) {
            super(slice.channel(), slice.position(), slice.lengthBytes());
            this.release = slice.release();
        }

        @Override
        protected void deallocate() {
            // Not the superclass's: the channel belongs to the segment.
            release.run();
        }
    }
}
