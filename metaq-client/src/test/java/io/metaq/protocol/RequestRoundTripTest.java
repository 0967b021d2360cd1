// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.testkit.HeapBuffers;
import io.metaq.testkit.SeededCases;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** What one side writes the other reads, in whatever pieces it arrives. */
class RequestRoundTripTest {
    private static final ProtocolLimits LIMITS = new ProtocolLimits(4096, 1 << 16);

    @Test
    void everyKindHasAMaker() {
        Set<Class<?>> made = new HashSet<>();
        RandomRequests.KINDS.forEach(
                maker -> made.add(maker.apply(new SplittableRandom(1)).getClass()));
        made.add(Request.Oversized.class); // never travels
        assertThat(made).containsExactlyInAnyOrder(Request.class.getPermittedSubclasses());
    }

    @Test
    void everyKindComesBackAsItWas() {
        for (Function<RandomGenerator, Request> kind : RandomRequests.KINDS) {
            SeededCases.run(2_000, 11, random -> {
                Request request = kind.apply(random);
                assertThat(decoded(List.of(RandomRequests.bytes(request)))).containsExactly(request);
            });
        }
    }

    @Test
    void aFrameSplitAtAnyByteIsTheSameFrame() {
        for (Function<RandomGenerator, Request> kind : RandomRequests.KINDS) {
            SeededCases.run(20, 12, random -> {
                Request request = kind.apply(random);
                byte[] frame = RandomRequests.bytes(request);
                for (int at = 0; at <= frame.length; at++) {
                    List<byte[]> pieces =
                            List.of(Arrays.copyOf(frame, at), Arrays.copyOfRange(frame, at, frame.length));
                    assertThat(decoded(pieces)).as("split at %d", at).containsExactly(request);
                }
            });
        }
    }

    @Test
    void aPipelineInPiecesOfAnySizeIsTheSamePipeline() {
        SeededCases.run(300, 13, random -> {
            List<Request> requests = new ArrayList<>();
            ByteBuf pipeline = Unpooled.buffer();
            for (int i = 0; i < 100; i++) {
                Request request = RandomRequests.anyThatGoesOn(random);
                requests.add(request);
                pipeline.writeBytes(RandomRequests.bytes(request));
            }
            int maxPiece = 1 << random.nextInt(14);
            List<byte[]> pieces = new ArrayList<>();
            while (pipeline.isReadable()) {
                byte[] piece = new byte[Math.min(pipeline.readableBytes(), 1 + random.nextInt(maxPiece))];
                pipeline.readBytes(piece);
                pieces.add(piece);
            }
            assertThat(decoded(pieces)).containsExactlyElementsOf(requests);
        });
    }

    @Test
    void theEncoderInAPipelineWritesTheSameBytesAndHandsTheBodyOn() {
        SeededCases.run(500, 14, random -> {
            Request request = RandomRequests.any(random);
            ByteBuf expected = Unpooled.wrappedBuffer(RandomRequests.bytes(request));
            EmbeddedChannel channel = new EmbeddedChannel(new RequestEncoder());
            channel.config().setAllocator(HeapBuffers.ALLOCATOR);
            channel.writeOutbound(request);
            ByteBuf written = Unpooled.buffer();
            for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
                written.writeBytes(part);
                assertThat(part.release()).as("the last reference").isTrue();
            }
            assertThat(written).isEqualTo(expected);
            channel.finish();
        });
    }

    private static List<Object> decoded(List<byte[]> pieces) {
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        pieces.forEach(piece -> channel.writeInbound(Unpooled.wrappedBuffer(piece)));
        List<Object> requests = new ArrayList<>(channel.inboundMessages());
        channel.inboundMessages().clear();
        channel.finish();
        return requests;
    }
}
