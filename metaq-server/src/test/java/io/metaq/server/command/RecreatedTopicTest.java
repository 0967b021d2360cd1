// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.record.RecordBatch;
import io.metaq.record.RecordLayout;
import io.metaq.server.boot.Broker;
import io.metaq.server.config.ConfigReader;
import io.metaq.server.testkit.WireClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Offsets that a group has kept from a topic that was deleted and made again lie anywhere in the new log. The new log's payloads
 * look like records themselves, so that whoever reads inside one would not notice.
 */
@Timeout(120)
class RecreatedTopicTest {
    private static final int MAX_BYTES = 10_000;

    @TempDir
    Path directory;

    private Broker broker;
    private WireClient client;
    private final NavigableSet<Long> boundaries = new TreeSet<>();

    @BeforeEach
    void aTopicThatIsMadeAgain() throws Exception {
        broker = Broker.start(ConfigReader.parse("test.ini", """
                [system]
                brokerId=3
                serverPort=0
                dashboardHttpPort=-1
                hostName=127.0.0.1
                maxSegmentSize=65536
                dataPath=%s
                [zookeeper]
                zk.embeddedPort=0
                """.formatted(directory)));
        client = new WireClient(broker.port());
        admin("topic-create");
        String kilobyte = "o".repeat(1024);
        for (int i = 0; i < 20; i++) {
            put(kilobyte.getBytes(StandardCharsets.ISO_8859_1));
        }
        admin("topic-delete");
        admin("topic-create");
    }

    @AfterEach
    void stop() throws IOException {
        client.close();
        broker.close();
    }

    private void admin(String verb) throws IOException {
        String settings = verb.equals("topic-create") ? ",\"settings\":{\"numPartitions\":\"1\"}" : "";
        String json = "{\"topic\":\"orders\"" + settings + "}";
        WireClient.WireReply reply = client.ask("admin " + verb + " " + json.length() + " 1\r\n" + json);
        assertThat(reply.code()).as(reply.text()).isEqualTo(200);
    }

    private long put(byte[] payload) throws IOException {
        client.write("put orders 0 " + payload.length + " 0 -1 1\r\n");
        client.write(payload);
        WireClient.WireReply reply = client.read();
        assertThat(reply.code()).as(reply.text()).isEqualTo(200);
        return Long.parseLong(reply.text().split(" ", -1)[2]);
    }

    /** A payload that is a run of whole records itself, checksums and all. */
    private static byte[] records(int count) {
        ByteBuf records = Unpooled.buffer();
        for (int i = 0; i < count; i++) {
            byte[] text = ("forged" + i).getBytes(StandardCharsets.US_ASCII);
            int checksum = RecordBatch.checksum(Unpooled.wrappedBuffer(text), 0, text.length);
            records.writeInt(text.length)
                    .writeInt(checksum)
                    .writeLong(i)
                    .writeInt(0)
                    .writeBytes(text);
        }
        byte[] payload = new byte[records.readableBytes()];
        records.readBytes(payload);
        return payload;
    }

    /** Returns the end. */
    private long fill(int messages) throws IOException {
        long end = 0;
        for (int i = 0; i < messages; i++) {
            byte[] payload = records(i % 5);
            long offset = put(payload);
            boundaries.add(offset);
            end = offset + RecordLayout.recordBytes(payload.length);
        }
        return end;
    }

    @Test
    void everyOffsetIsAnsweredWithRecordsOrWithTheNextBoundary() throws Exception {
        long end = fill(150);
        boundaries.add(end);
        for (long offset = 0; offset < end; offset++) {
            long boundary = boundaries.ceiling(offset);
            requireGet(offset, boundary);
            requireFetch(offset, boundary);
        }
    }

    private void requireGet(long offset, long boundary) throws Exception {
        WireClient.WireReply reply = client.ask("get orders g 0 " + offset + " " + MAX_BYTES + " 1\r\n");
        if (boundary == offset) {
            assertThat(reply.header()).as("get at %d", offset).startsWith("value ");
            requireOwnRecords(offset, reply.body());
        } else {
            assertThat(reply.code()).as("get at %d", offset).isEqualTo(301);
            assertThat(reply.text()).isEqualTo(Long.toString(boundary));
        }
    }

    private void requireFetch(long offset, long boundary) throws Exception {
        String[] line = fetch(offset);
        if (boundary == offset) {
            assertThat(line[2]).as("fetch at %d", offset).isEqualTo("200");
        } else {
            assertThat(line[2] + " " + line[3]).as("fetch at %d", offset).isEqualTo("301 " + boundary);
        }
    }

    private String[] fetch(long offset) throws Exception {
        String wanted = "orders 0 " + offset + " " + MAX_BYTES + "\r\n";
        WireClient.WireReply reply = client.ask("fetch g 0 1 " + MAX_BYTES + " " + wanted.length() + " 1\r\n" + wanted);
        byte[] body = reply.body();
        String line = new String(body, StandardCharsets.ISO_8859_1).split("\r\n", 2)[0];
        String[] fields = line.split(" ", -1);
        if (fields[2].equals("200")) {
            byte[] records = new byte[body.length - line.length() - 2];
            System.arraycopy(body, line.length() + 2, records, 0, records.length);
            requireOwnRecords(offset, records);
        }
        return fields;
    }

    /** Whole records, each beginning where one was put. */
    private void requireOwnRecords(long offset, byte[] bytes) throws Exception {
        ByteBuf records = Unpooled.wrappedBuffer(bytes);
        int count = 0;
        for (int at = 0; at < bytes.length; at += RecordBatch.recordBytes(records, at)) {
            assertThat(boundaries).contains(offset + at);
            count++;
        }
        RecordBatch.validate(records, count, MAX_BYTES);
    }

    @Test
    void anOffsetBeyondTheNewEndIsFollowedToItByAFetchAndWaitsInAGetAsInMetaQ14() throws Exception {
        long end = fill(3);
        long old = 20L * 1044;
        assertThat(client.ask("get orders g 0 " + old + " 100 1\r\n").code()).isEqualTo(404);
        assertThat(fetch(old)[2] + " " + fetch(old)[3]).isEqualTo("301 " + end);

        long grown = end;
        while (grown <= old) {
            byte[] payload = records(3);
            grown = put(payload) + RecordLayout.recordBytes(payload.length);
            boundaries.add(grown);
        }
        long boundary = boundaries.ceiling(old);
        assertThat(boundary).as("the old offset is none of the new log").isNotEqualTo(old);
        requireGet(old, boundary);
        requireFetch(old, boundary);
    }

    @Test
    void theOffsetCommandNamesTheNextBoundaryToo() throws Exception {
        long end = fill(20);
        boundaries.add(end);
        for (long offset = 0; offset < end + 100; offset += 7) {
            long expected = boundaries.ceiling(Math.min(offset, end));
            assertThat(client.ask("offset orders g 0 " + offset + " 1\r\n").text())
                    .isEqualTo(Long.toString(expected));
        }
    }
}
