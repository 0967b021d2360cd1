// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.testkit.HeapBuffers;
import io.metaq.testkit.RandomBytes;
import io.metaq.testkit.SeededCases;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client's side: replies come back as they were, and a broker that has gone mad does no harm. */
@Timeout(120)
class ReplyDecoderTest {
    private static final ProtocolLimits LIMITS = new ProtocolLimits(512, 1 << 24);

    private static Reply any(RandomGenerator random) {
        if (random.nextBoolean()) {
            String text = random.ints(random.nextInt(80), 0, 0x3000)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString();
            return new Reply.Result(random.nextInt(), text, random.nextInt());
        }
        return new Reply.Value(Unpooled.wrappedBuffer(RandomBytes.any(random, 300)), random.nextInt());
    }

    private static byte[] bytes(Reply reply) {
        if (reply instanceof Reply.Result result) {
            return ByteBufUtil.getBytes(
                    ReplyEncoder.result(HeapBuffers.ALLOCATOR, result.code(), result.body(), result.opaque()));
        }
        ByteBuf data = ((Reply.Value) reply).data();
        return ByteBufUtil.getBytes(
                ReplyEncoder.valueHeader(HeapBuffers.ALLOCATOR, data.readableBytes(), reply.opaque())
                        .writeBytes(data.duplicate()));
    }

    private static List<Object> decoded(byte[]... pieces) {
        EmbeddedChannel channel = new EmbeddedChannel(new ReplyDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        Arrays.stream(pieces).forEach(piece -> channel.writeInbound(Unpooled.wrappedBuffer(piece)));
        List<Object> replies = new ArrayList<>(channel.inboundMessages());
        channel.finish();
        return replies;
    }

    @Test
    void repliesComeBackAsTheyWere() {
        SeededCases.run(20_000, 31, random -> {
            Reply reply = any(random);
            assertThat(decoded(bytes(reply))).containsExactly(reply);
        });
    }

    @Test
    void aReplySplitAtAnyByteIsTheSameReply() {
        SeededCases.run(100, 32, random -> {
            Reply reply = any(random);
            byte[] frame = bytes(reply);
            for (int at = 0; at <= frame.length; at++) {
                assertThat(decoded(Arrays.copyOf(frame, at), Arrays.copyOfRange(frame, at, frame.length)))
                        .as("split at %d", at)
                        .containsExactly(reply);
            }
        });
    }

    @Test
    void threeHundredThousandBrokenRepliesDoNoHarm() {
        FuzzedDecoder decoder = new FuzzedDecoder(() -> new ReplyDecoder(LIMITS));
        SeededCases.run(
                300_000,
                33,
                random -> decoder.feed(
                        random,
                        switch (random.nextInt(6)) {
                            case 0 -> RandomBytes.any(random, 200);
                            case 1 -> RandomBytes.lines(random, 600);
                            default -> RandomBytes.mutated(random, bytes(any(random)));
                        }));
        decoder.requireThatBothOutcomesHappened();
    }

    @Test
    void behindAReplyThatCannotBeOneNothingIsReadAnyMore() {
        EmbeddedChannel channel = new EmbeddedChannel(new ReplyDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        byte[] bytes = "value -1 7\r\nresult 200 0 7\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                .hasCauseInstanceOf(ProtocolException.class);
        channel.finish();
        assertThat(channel.inboundMessages()).isEmpty();
    }
}
