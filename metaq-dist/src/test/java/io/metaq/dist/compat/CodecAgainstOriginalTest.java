// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.dist.testkit.JavaProcess;
import io.metaq.protocol.ProtocolLimits;
import io.metaq.protocol.Reply;
import io.metaq.protocol.ReplyDecoder;
import io.metaq.protocol.Request;
import io.metaq.protocol.RequestDecoder;
import io.metaq.protocol.RequestEncoder;
import io.metaq.protocol.StatusCode;
import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Our codec understands the original broker and the original client, and is understood. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CodecAgainstOriginalTest {
    private static final String TOPIC = "codec";
    private static final int FETCH_BYTES = 1 << 20;
    private static final int NO_CHECKSUM = PayloadChecksum.NONE;

    private Path folder;
    private TestingServer zooKeeper;
    private BrokerProcess broker;

    @BeforeAll
    void start(@TempDir Path emptyFolder) throws Exception {
        folder = emptyFolder;
        zooKeeper = new TestingServer();
        broker = new OriginalBrokerProcess(
                folder.resolve("broker"),
                BrokerProcess.freePort(),
                zooKeeper.getConnectString(),
                List.of(TOPIC, "empty", "direct"));
        broker.start();
    }

    @AfterAll
    void stop() throws Exception {
        broker.close();
        zooKeeper.close();
    }

    @Test
    void aPutIsAcknowledgedWithItsIdPartitionAndOffsetAndReadBackAsARecord() throws Exception {
        byte[] data = "hello".getBytes(StandardCharsets.UTF_8);
        try (OriginalWire wire = new OriginalWire(broker.port())) {
            Reply.Result put = wire.askForResult(put(0, data, PayloadChecksum.of(data), -7));
            assertThat(put.isOk()).as(put.body()).isTrue();
            assertThat(put.opaque()).isEqualTo(-7);
            String[] answer = put.body().split(" ", -1);
            assertThat(answer).hasSize(3);
            long offset = Long.parseLong(answer[2]);

            Reply.Value value = (Reply.Value) wire.ask(new Request.Get(TOPIC, "g", 0, offset, FETCH_BYTES, 8));
            ByteBuffer record = ByteBuffer.wrap(ByteBufUtil.getBytes(value.data()));
            value.data().release();
            assertThat(record.limit()).isEqualTo(RecordLayout.recordBytes(data.length));
            assertThat(RecordLayout.messageId(record, 0)).isEqualTo(Long.parseLong(answer[0]));
            assertThat(RecordLayout.checksum(record, 0)).isEqualTo(PayloadChecksum.of(data));

            Reply.Result end = wire.askForResult(get(0, offset + record.limit()));
            assertThat(end.code()).isEqualTo(StatusCode.NOT_FOUND);
            Reply.Result moved = wire.askForResult(get(0, Long.MAX_VALUE));
            assertThat(moved.code()).isEqualTo(StatusCode.MOVED);
            assertThat(moved.body()).isEqualTo(Long.toString(offset + record.limit()));
        }
    }

    @Test
    void refusalsHaveTheirCodesAndTheConnectionStays() throws Exception {
        byte[] data = {1};
        try (OriginalWire wire = new OriginalWire(broker.port())) {
            assertThat(wire.askForResult(put(7, data, NO_CHECKSUM, 1)).code()).isEqualTo(StatusCode.FAILED);
            assertThat(wire.askForResult(put(0, data, 12345, 2)).code()).isEqualTo(StatusCode.FAILED);
            Request neverWritten = new Request.Get("empty", "g", 0, 0, FETCH_BYTES, 3);
            assertThat(wire.askForResult(neverWritten).code()).isEqualTo(StatusCode.NOT_FOUND);
            Request noBytes = new Request.Get(TOPIC, "g", 1, 0, 0, 4);
            assertThat(wire.askForResult(put(1, data, NO_CHECKSUM, 5)).isOk()).isTrue();
            assertThat(wire.askForResult(noBytes).code()).isEqualTo(StatusCode.BAD_REQUEST);
            Request sync = new Request.Sync(TOPIC, 0, 0, 1, NO_CHECKSUM, Unpooled.wrappedBuffer(data), 6);
            assertThat(wire.askForResult(sync).code()).isEqualTo(StatusCode.BUSY);
        }
    }

    @Test
    void itsFiguresAndItsVersionAreReadAndItHangsUpWhenToldTo() throws Exception {
        try (OriginalWire wire = new OriginalWire(broker.port())) {
            Reply.Result version = wire.askForResult(new Request.Version(1));
            assertThat(version.isOk()).isTrue();
            assertThat(version.body()).as("an original names no features").doesNotContain(" ");
            String figures = wire.askForResult(new Request.Stats("", 2)).body();
            assertThat(figures)
                    .startsWith("STATS\r\npid ")
                    .contains("\r\nbroker_id 0\r\n")
                    .endsWith("END\r\n");
            assertThat(wire.askForResult(new Request.Stats("topics", 3)).body()).contains("\r\nempty *Empty*\r\n");
            wire.tell(new Request.Quit(4));
            assertThat(wire.isAtEnd()).isTrue();
        }
    }

    @Test
    void everyByteTheOriginalClientAndBrokerSayIsUnderstoodAndSaidTheSameWay() throws Exception {
        try (RecordingRelay relay = new RecordingRelay(broker.port());
                JavaProcess client = OriginalPrograms.client(
                        folder.resolve("client"), "direct", broker.zkConnect(), relay.url(), "direct")) {
            assertThat(client.awaitExit(Duration.ofSeconds(60)))
                    .as(client::story)
                    .isZero();

            List<Request> requests = new ArrayList<>();
            for (RecordingRelay.Conversation conversation : relay.conversations()) {
                List<Request> said = decodeByteByByte(
                        new RequestDecoder(ProtocolLimits.DEFAULT), conversation.requests(), Request.class);
                requests.addAll(said);
                assertThat(encode(said)).isEqualTo(conversation.requests());
                List<Reply> answers =
                        decodeByteByByte(new ReplyDecoder(ProtocolLimits.DEFAULT), conversation.replies(), Reply.class);
                assertThat(answers).extracting(Reply::opaque).containsExactlyInAnyOrderElementsOf(opaques(said));
                answers.forEach(CodecAgainstOriginalTest::release);
            }
            assertThat(requests).filteredOn(Request.Put.class::isInstance).hasSize(20);
            assertThat(requests).filteredOn(Request.Get.class::isInstance).isNotEmpty();
        }
    }

    private static Request put(int partition, byte[] data, int checksum, int opaque) {
        return new Request.Put(TOPIC, partition, 0, checksum, null, Unpooled.wrappedBuffer(data), opaque);
    }

    private static Request get(int partition, long offset) {
        return new Request.Get(TOPIC, "g", partition, offset, FETCH_BYTES, 9);
    }

    private static <T> List<T> decodeByteByByte(ChannelHandler decoder, byte[] bytes, Class<T> type) {
        EmbeddedChannel channel = new EmbeddedChannel(decoder);
        for (byte each : bytes) {
            channel.writeInbound(Unpooled.wrappedBuffer(new byte[] {each}));
        }
        List<T> decoded = new ArrayList<>();
        for (Object next = channel.readInbound(); next != null; next = channel.readInbound()) {
            decoded.add(type.cast(next));
        }
        channel.finishAndReleaseAll();
        return decoded;
    }

    private static byte[] encode(List<Request> requests) {
        EmbeddedChannel channel = new EmbeddedChannel(new RequestEncoder());
        requests.forEach(channel::writeOutbound);
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf next = channel.readOutbound(); next != null; next = channel.readOutbound()) {
            all.writeBytes(next);
            next.release();
        }
        channel.finishAndReleaseAll();
        return ByteBufUtil.getBytes(all);
    }

    private static List<Integer> opaques(List<Request> requests) {
        return requests.stream().map(Request::opaque).toList();
    }

    private static void release(Reply reply) {
        if (reply instanceof Reply.Value value) {
            value.data().release();
        }
    }
}
