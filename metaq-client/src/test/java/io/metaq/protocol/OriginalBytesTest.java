// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.testkit.HeapBuffers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** MetaQ 1.4's commands and replies, byte for byte. */
class OriginalBytesTest {
    private static final int NO_OPAQUE = Integer.MAX_VALUE;

    private static ByteBuf hello() {
        return Unpooled.copiedBuffer("hello", StandardCharsets.US_ASCII);
    }

    private static Object read(String bytes) {
        EmbeddedChannel channel = new EmbeddedChannel(new RequestDecoder(ProtocolLimits.DEFAULT));
        channel.config().setAllocator(HeapBuffers.ALLOCATOR);
        channel.writeInbound(Unpooled.copiedBuffer(bytes, StandardCharsets.UTF_8));
        Object request = channel.readInbound();
        assertThat(channel.inboundMessages()).isEmpty();
        channel.finish();
        return request;
    }

    /** Both ways: what 1.4 sends is read as this request, and this request is written as 1.4 does. */
    private static void bothWays(String bytes, Request request) {
        assertThat(read(bytes)).isEqualTo(request);
        assertThat(new String(RandomRequests.bytes(request), StandardCharsets.UTF_8))
                .isEqualTo(bytes);
    }

    @Test
    void put() {
        bothWays("put test 0 5 0 907060870 7\r\nhello", new Request.Put("test", 0, 0, 907060870, null, hello(), 7));
        bothWays(
                "put test -1 5 1 -1 -2147483648\r\nhello",
                new Request.Put("test", -1, 1, -1, null, hello(), Integer.MIN_VALUE));
        bothWays(
                "put test 0 5 0 907060870 TX:192.0.2.2-1795210791310-1:1 8\r\nhello",
                new Request.Put("test", 0, 0, 907060870, "TX:192.0.2.2-1795210791310-1:1", hello(), 8));
        bothWays(
                "put test 0 5 0 907060870 XID:1:010203::uq 9\r\nhello",
                new Request.Put("test", 0, 0, 907060870, "XID:1:010203::uq", hello(), 9));
        bothWays("put t 0 0 0 0 9\r\n", new Request.Put("t", 0, 0, 0, null, Unpooled.EMPTY_BUFFER, 9));
    }

    @Test
    void putsOfOlderClients() {
        assertThat(read("put test 0 5 0 7\r\nhello")).isEqualTo(new Request.Put("test", 0, 0, -1, null, hello(), 7));
        assertThat(read("put test 0 5 0 TX:s:1 7\r\nhello"))
                .isEqualTo(new Request.Put("test", 0, 0, -1, "TX:s:1", hello(), 7));
        assertThat(read("put test 0 5 0 null 7\r\nhello"))
                .isEqualTo(new Request.Put("test", 0, 0, -1, "null", hello(), 7));
    }

    @Test
    void getAndOffset() {
        bothWays(
                "get test grp1 0 9223372036854775807 1048576 -2147483600\r\n",
                new Request.Get("test", "grp1", 0, Long.MAX_VALUE, 1048576, -2147483600));
        bothWays("get test grp1 3 -1 0 1\r\n", new Request.Get("test", "grp1", 3, -1, 0, 1));
        bothWays("offset test grp1 0 -5 9\r\n", new Request.Offset("test", "grp1", 0, -5, 9));
    }

    @Test
    void stats() {
        bothWays("stats  15\r\n", new Request.Stats("", 15));
        bothWays("stats topics -2147483648\r\n", new Request.Stats("topics", Integer.MIN_VALUE));
        assertThat(read("stats 2\r\n")).isEqualTo(new Request.Stats("2", NO_OPAQUE));
        assertThat(read("stats\r\n")).isEqualTo(new Request.Stats("", NO_OPAQUE));
    }

    @Test
    void versionAndQuit() {
        bothWays("version -2147483647\r\n", new Request.Version(-2147483647));
        bothWays("quit\r\n", new Request.Quit(NO_OPAQUE));
        assertThat(read("version\r\n")).isEqualTo(new Request.Version(NO_OPAQUE));
        assertThat(read("verbose 3\r\n")).isEqualTo(new Request.Version(3));
        assertThat(read("q\r\n")).isEqualTo(new Request.Quit(NO_OPAQUE));
        assertThat(read("quiet please\r\n")).isEqualTo(new Request.Quit(NO_OPAQUE));
    }

    @Test
    void sync() {
        bothWays(
                "sync test 1 5 0 -5468903826004115456 907060870 7\r\nhello",
                new Request.Sync("test", 1, 0, -5468903826004115456L, 907060870, hello(), 7));
        bothWays(
                "sync test 1 5 0 -5468903826004115456 7\r\nhello",
                new Request.Sync("test", 1, 0, -5468903826004115456L, -1, hello(), 7));
    }

    @Test
    void transaction() {
        bothWays(
                "transaction TX:s:1 s BEGIN 7\r\n",
                new Request.Transaction("TX:s:1", "s", "BEGIN", OptionalInt.empty(), null, 7));
        bothWays(
                "transaction TX:s:1 s BEGIN 60 7\r\n",
                new Request.Transaction("TX:s:1", "s", "BEGIN", OptionalInt.of(60), null, 7));
        bothWays(
                "transaction null s RECOVER XAMessageProducer-host 7\r\n",
                new Request.Transaction("null", "s", "RECOVER", OptionalInt.empty(), "XAMessageProducer-host", 7));
        bothWays(
                "transaction XID:1:010203::uq s PREPARE 60 uq 7\r\n",
                new Request.Transaction("XID:1:010203::uq", "s", "PREPARE", OptionalInt.of(60), "uq", 7));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "nonsense",
                "PUT test 0 0 0 -1 1",
                " put test 0 0 0 -1 1",
                "putt test 0 0 0 -1 1",
                "put",
                "put test 0 0 0",
                "put test 0 0 0 -1 TX:s:1 1 1",
                "put  0 0 0 -1 1",
                "put te\tst 0 0 0 -1 1",
                "put t 0x 0 0 -1 1",
                "put t 0 0 0 -1 +1",
                "get test g 0 0 1",
                "get test g 0 0 1 1 1",
                "get test g 2147483648 0 1 1",
                "get test g 0 9223372036854775808 1 1",
                "get  test g 0 0 1 1",
                "offset test g 0 1",
                "sync test 0 0 0 1",
                "stats a 1 1",
                "synch test 0 0 0 1 1",
                "value 5 1",
                "result 200 0 1",
                "transaction TX:s:1 s 7",
                "transaction TX:s:1 s BEGIN 60 uq 7 7",
                "version x"
            })
    void whatTheOriginalRefusesIsRefused(String line) {
        assertThatThrownBy(() -> read(line + "\r\n")).hasCauseInstanceOf(ProtocolException.class);
    }

    @Test
    void replies() {
        ByteBufAllocator allocator = HeapBuffers.ALLOCATOR;
        assertThat(ReplyEncoder.result(allocator, 200, "-5468903826004115456 0 0", 7)
                        .toString(StandardCharsets.US_ASCII))
                .isEqualTo("result 200 24 7\r\n-5468903826004115456 0 0");
        assertThat(ReplyEncoder.result(allocator, 200, "", Integer.MIN_VALUE).toString(StandardCharsets.US_ASCII))
                .isEqualTo("result 200 0 -2147483648\r\n");
        assertThat(ReplyEncoder.result(allocator, 503, "忙", 1).toString(StandardCharsets.UTF_8))
                .isEqualTo("result 503 3 1\r\n忙");
        assertThat(ReplyEncoder.valueHeader(allocator, 25, -7).toString(StandardCharsets.US_ASCII))
                .isEqualTo("value 25 -7\r\n");
    }
}
