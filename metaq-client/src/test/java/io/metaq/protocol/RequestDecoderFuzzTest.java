// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.testkit.HeapBuffers;
import io.metaq.testkit.RandomBytes;
import io.metaq.testkit.SeededCases;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever arrives, the broker's decoder gives requests or a {@link ProtocolException}, and takes memory in proportion. */
@Timeout(120)
class RequestDecoderFuzzTest {
    private static final ProtocolLimits LIMITS = new ProtocolLimits(512, 1 << 24);

    @Test
    void aMillionBrokenFramesDoNoHarm() {
        fuzz(1_000_000, 21);
    }

    @Test
    @Tag("soak")
    @Timeout(1800)
    void fiftyMillionBrokenFramesDoNoHarm() {
        fuzz(50_000_000, System.nanoTime());
    }

    private static void fuzz(int frames, long seed) {
        FuzzedDecoder decoder = new FuzzedDecoder(() -> new RequestDecoder(LIMITS));
        SeededCases.run(frames, seed, random -> decoder.feed(random, hostileBytes(random)));
        decoder.requireThatBothOutcomesHappened();
    }

    private static byte[] hostileBytes(RandomGenerator random) {
        return switch (random.nextInt(8)) {
            case 0 -> RandomBytes.any(random, 200);
            case 1 -> RandomBytes.lines(random, 600);
            case 2 -> RandomRequests.bytes(RandomRequests.any(random));
            default -> RandomBytes.mutated(random, RandomRequests.bytes(RandomRequests.any(random)));
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "put t 0 % 0 -1 1",
                "put t 0 % 0 1",
                "put t 0 % 0 -1 TX:s:1 1",
                "sync t 0 % 0 1 1",
                "sync t 0 % 0 1 -1 1",
                "batch t 0 % 1 none -1 -1 1",
                "fetch g 0 0 1 % 1",
                "admin status % 1"
            })
    void aLengthIsRefusedBeforeAnythingIsKeptForIt(String line) {
        for (String length : new String[] {
            "268435457",
            "2147483647",
            "2147483648",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "-1",
            "-2147483648",
            "99999999999999999999999",
            "-",
            "",
            "12x"
        }) {
            EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
            channel.config().setAllocator(HeapBuffers.ALLOCATOR);
            byte[] bytes = (line.replace("%", length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                    .as(length)
                    .isInstanceOf(DecoderException.class)
                    .hasCauseInstanceOf(ProtocolException.class);
            channel.finish();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sync t 0 16777217 0 1 1", "fetch g 0 0 1 16777217 1", "admin status 16777217 1"})
    void onlyPutsAndBatchesAreSkipped(String line) {
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        byte[] bytes = (line + "\r\n").getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                .hasCauseInstanceOf(ProtocolException.class);
        channel.finish();
    }

    @ParameterizedTest
    @CsvSource({
        "put t 3 % 0 1,false",
        "put t 3 % 0 -1 1,false",
        "put t 3 % 0 -1 TX:s:1 1,false",
        "batch t 3 % 1 none -1 -1 1,true"
    })
    void aBodyBeyondTheLimitIsThrownAwayAsItComesAndTheNextRequestIsRead(String line, boolean isBatch) {
        ProtocolLimits small = new ProtocolLimits(512, 100);
        for (int length : new int[] {101, 4096, 1 << 20}) {
            EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(small));
            channel.config().setAllocator(HeapBuffers.ALLOCATOR);
            String frame = line.replace("%", Integer.toString(length)) + "\r\n" + "q".repeat(length) + "version 2\r\n";
            byte[] bytes = frame.getBytes(StandardCharsets.US_ASCII);
            for (int from = 0; from < bytes.length; from += 1000) {
                int to = Math.min(bytes.length, from + 1000);
                channel.writeInbound(Unpooled.copiedBuffer(bytes, from, to - from));
            }
            assertThat(channel.inboundMessages())
                    .containsExactly(new Request.Oversized(isBatch, "t", 3, length, 1), new Request.Version(2));
            channel.finish();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "put t x 16777217 0 -1 1",
                "put t 0 16777217 0 -1 x",
                "put  0 16777217 0 -1 1",
                "batch t x 16777217 1 none -1 -1 1",
                "batch t 0 16777217 1 none -1 -1 x",
                "batch t 0 16777217 1 none -1 1"
            })
    void nothingIsThrownAwayForALineThatIsNotSound(String line) {
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        byte[] bytes = (line + "\r\n").getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                .hasCauseInstanceOf(ProtocolException.class);
        channel.finish();
    }

    @Test
    void aBodyThatIsThrownAwayTakesNoMemory() {
        FuzzedDecoder decoder = new FuzzedDecoder(() -> new RequestDecoder(new ProtocolLimits(512, 100)));
        byte[] frame =
                ("batch t 0 268435456 1 none -1 -1 1\r\n" + "x".repeat(5_000)).getBytes(StandardCharsets.US_ASCII);
        SeededCases.run(2_000, 23, random -> {
            decoder.feed(random, frame);
            decoder.reset();
        });
    }

    @Test
    void theLargestAllowedLengthTakesNoMemoryUntilItsBytesCome() {
        FuzzedDecoder decoder = new FuzzedDecoder(() -> new RequestDecoder(LIMITS));
        byte[] frame = "put t 0 16777216 0 -1 1\r\nabc".getBytes(StandardCharsets.US_ASCII);
        SeededCases.run(2_000, 22, random -> {
            decoder.feed(random, frame);
            decoder.reset();
        });
    }

    @Test
    void aLineWithoutEndIsRefusedAtTheLimit() {
        for (int length : new int[] {511, 512, 513, 514, 600, 100_000}) {
            EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
            channel.config().setAllocator(HeapBuffers.ALLOCATOR);
            byte[] bytes = "v".repeat(length).getBytes(StandardCharsets.US_ASCII);
            if (length <= LIMITS.maxLineBytes() + 1) {
                channel.writeInbound(Unpooled.wrappedBuffer(bytes)); // a CR may be the last
            } else {
                assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                        .hasCauseInstanceOf(ProtocolException.class);
            }
            channel.finish();
        }
    }

    @Test
    void aLineOfTheLargestLengthIsTaken() {
        String line = "v" + "x".repeat(LIMITS.maxLineBytes() - 3) + " 7";
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        channel.writeInbound(Unpooled.wrappedBuffer((line + "\r\n").getBytes(StandardCharsets.US_ASCII)));
        assertThat((Request) channel.readInbound()).isEqualTo(new Request.Version(7));
        channel.finish();
    }

    @Test
    void behindAFrameThatCannotBeOneNothingIsReadAnyMore() {
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        byte[] bytes = "nonsense\r\nversion 1\r\n".getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                .hasCauseInstanceOf(ProtocolException.class);
        channel.writeInbound(Unpooled.wrappedBuffer("version 2\r\n".getBytes(StandardCharsets.US_ASCII)));
        channel.finish();
        assertThat(channel.inboundMessages()).isEmpty();
    }

    @Test
    void behindQuitNothingIsRead() {
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        byte[] bytes = "version 1\r\nquit\r\nversion 2\r\n".getBytes(StandardCharsets.US_ASCII);
        channel.writeInbound(Unpooled.wrappedBuffer(bytes));
        channel.finish();
        assertThat(channel.inboundMessages())
                .containsExactly(new Request.Version(1), new Request.Quit(Integer.MAX_VALUE));
    }

    @Test
    void aFetchOfTooManyPartitionsIsRefused() {
        String lines = "t 0 0 1\r\n".repeat(10_001);
        byte[] bytes = ("fetch g 0 0 1 " + lines.length() + " 1\r\n" + lines).getBytes(StandardCharsets.US_ASCII);
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(LIMITS));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        assertThatThrownBy(() -> channel.writeInbound(Unpooled.wrappedBuffer(bytes)))
                .hasCauseInstanceOf(ProtocolException.class)
                .hasMessageContaining("10000");
        channel.finish();
    }
}
