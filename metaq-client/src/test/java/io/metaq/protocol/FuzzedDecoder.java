// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.testkit.AllocationMeter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * A decoder in a channel that is fed piece by piece, as long as its framing holds, and watched: which exceptions escape,
 * how much memory it takes for what it was given, and whether it gives all of it back.
 */
final class FuzzedDecoder {
    /** An exception with its stack trace, and the channel's own machinery. */
    private static final long BYTES_PER_PIECE = 256 * 1024;
    /** A fetch's partition of nine bytes becomes a record, a string and its bytes; a buffer is copied when it grows. */
    private static final long BYTES_PER_BYTE = 64;
    /** After so many, a connection starts anew: what stays unfinished must not grow over the whole test. */
    private static final int MAX_FED_BYTES = 4096;

    private static final int PIECES_THAT_LOAD_CLASSES = 1000;

    private final Supplier<ByteToMessageDecoder> decoders;
    private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(false);
    private final AllocationMeter meter = new AllocationMeter();
    private EmbeddedChannel channel;
    private long fedBytes;
    private long messages;
    private long refusals;
    private long pieces;

    FuzzedDecoder(Supplier<ByteToMessageDecoder> decoders) {
        this.decoders = decoders;
        connect();
    }

    private void connect() {
        channel = new EmbeddedChannel(decoders.get());
        channel.config().setAllocator(allocator);
        fedBytes = 0;
    }

    /** Feeds the bytes whole or in two pieces; starts anew when the decoder has refused them. */
    void feed(RandomGenerator random, byte[] bytes) {
        int split = random.nextInt(4) == 0 ? random.nextInt(bytes.length + 1) : bytes.length;
        boolean sound = feedPiece(Arrays.copyOf(bytes, split));
        if (sound && split < bytes.length) {
            sound = feedPiece(Arrays.copyOfRange(bytes, split, bytes.length));
        }
        if (!sound || fedBytes > MAX_FED_BYTES) {
            reset();
        }
    }

    private boolean feedPiece(byte[] piece) {
        fedBytes += piece.length;
        ByteBuf in = Unpooled.wrappedBuffer(piece);
        boolean sound = true;
        meter.start();
        try {
            channel.writeInbound(in);
        } catch (DecoderException e) {
            assertThat(e).hasCauseInstanceOf(ProtocolException.class);
            sound = false;
            refusals++;
        }
        long allocated = meter.allocatedBytes();
        if (pieces++ > PIECES_THAT_LOAD_CLASSES) {
            assertThat(allocated)
                    .as("heap taken for %d bytes", piece.length)
                    .isLessThan(BYTES_PER_PIECE + BYTES_PER_BYTE * fedBytes);
        }
        takeMessages();
        return sound;
    }

    private void takeMessages() {
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            messages++;
            ByteBuf body = bodyOf(message);
            if (body != null) {
                body.release();
            }
        }
    }

    private static ByteBuf bodyOf(Object message) {
        if (message instanceof Request.Put put) {
            return put.payload();
        } else if (message instanceof Request.Sync sync) {
            return sync.payload();
        } else if (message instanceof Request.BatchPut batch) {
            return batch.records();
        }
        return message instanceof Reply.Value value ? value.data() : null;
    }

    /** Closes the connection, which must give back all memory, and opens another. */
    void reset() {
        channel.finish();
        takeMessages();
        assertThat(allocator.metric().usedHeapMemory() + allocator.metric().usedDirectMemory())
                .as("bytes not given back")
                .isZero();
        connect();
    }

    void requireThatBothOutcomesHappened() {
        assertThat(messages).as("messages").isPositive();
        assertThat(refusals).as("refusals").isPositive();
    }
}
