// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.record.RecordBatch;
import io.metaq.record.RecordLayout;
import io.metaq.server.boot.Broker;
import io.metaq.server.testkit.NoBufferLeaks;
import io.metaq.server.testkit.WireClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many requests on one connection before the first reply is read. */
@ExtendWith(NoBufferLeaks.class)
@Timeout(120)
class PipeliningTest {
    @TempDir
    Path directory;

    private Broker broker;

    @BeforeEach
    void start() throws Exception {
        broker = BrokerUnderAttack.start(directory, "");
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static CompletableFuture<Void> writing(WireClient client, int count, RequestText text) {
        return CompletableFuture.runAsync(() -> {
            try {
                StringBuilder some = new StringBuilder();
                for (int i = 0; i < count; i++) {
                    some.append(text.of(i));
                    if (some.length() > 60_000) {
                        client.write(some.toString());
                        some.setLength(0);
                    }
                }
                client.write(some.toString());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private interface RequestText {
        String of(int i);
    }

    @Test
    void putsToOnePartitionKeepTheirOrder() throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            int count = 20_000;
            CompletableFuture<Void> writer = writing(client, count, i -> {
                String payload = Integer.toString(i);
                return "put test 0 " + payload.length() + " 0 -1 " + i + "\r\n" + payload;
            });
            long expected = 0;
            for (int i = 0; i < count; i++) {
                WireClient.WireReply reply = client.read();
                assertThat(reply.header()).startsWith("result 200 ").endsWith(" " + i);
                String[] fields = reply.text().split(" ", -1);
                assertThat(Long.parseLong(fields[2])).isEqualTo(expected);
                expected += RecordLayout.recordBytes(Integer.toString(i).length());
            }
            writer.get(1, TimeUnit.MINUTES);
        }
    }

    /** Acknowledgements come from the log writer while the event loop answers gets: neither may break into the other. */
    @Test
    void repliesOfDifferentThreadsAreWhole() throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            String kilobyte = "x".repeat(1024);
            client.ask("put test 0 1024 0 -1 1\r\n" + kilobyte);
            int pairs = 30_000;
            CompletableFuture<Void> writer = writing(
                    client,
                    pairs,
                    i -> "put test 1 2 0 -1 " + i + "\r\nhi" + "get test g 0 0 1044 " + (pairs + i) + "\r\n");
            boolean[] seen = new boolean[2 * pairs];
            for (int i = 0; i < 2 * pairs; i++) {
                WireClient.WireReply reply = client.read();
                String[] fields = reply.header().split(" ", -1);
                int opaque = Integer.parseInt(fields[fields.length - 1]);
                assertThat(fields[0]).isEqualTo(opaque < pairs ? "result" : "value");
                assertThat(seen[opaque]).isFalse();
                seen[opaque] = true;
                if (opaque >= pairs) {
                    ByteBuf record = Unpooled.wrappedBuffer(reply.body());
                    RecordBatch.validate(record, 1, 1024);
                }
            }
            writer.get(1, TimeUnit.MINUTES);
        }
    }

    @Test
    void aClientThatHasFinishedSendingGetsEveryReplyAndThenTheEnd() throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            int count = 10_000;
            CompletableFuture<Void> writer =
                    writing(client, count, i -> "version " + i + "\r\nput test 0 2 0 -1 " + i + "\r\nhi");
            writer.thenRun(client::endOfRequests);
            for (int i = 0; i < 2 * count; i++) {
                assertThat(client.read().code()).isEqualTo(200);
            }
            assertThatThrownBy(client::read).isInstanceOf(EOFException.class);
            writer.get(1, TimeUnit.MINUTES);
        }
    }

    @Test
    void whatWasAskedBeforeQuitIsAnswered() throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            client.write("version 1\r\nput test 0 2 0 -1 2\r\nhiquit\r\nversion 3\r\n");
            assertThat(client.read().header()).endsWith(" 1");
            assertThat(client.read().header()).endsWith(" 2");
            assertThatThrownBy(client::read).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void whatWasAskedBeforeGarbageIsAnsweredAndWhatStandsBehindItIsNot() throws Exception {
        try (WireClient client = new WireClient(broker.port());
                WireClient other = new WireClient(broker.port())) {
            client.write("put test 0 2 0 -1 2\r\nhi nonsense\r\nput test 0 2 0 -1 3\r\nho");
            assertThat(client.read().header()).endsWith(" 2");
            assertThatThrownBy(client::read).isInstanceOf(IOException.class);
            assertThat(other.ask("get test g 0 22 100 4\r\n").code()).isEqualTo(404);
        }
    }

    @Test
    void connectionsThatBreakOffAnywhereLeaveNoBufferBehind() throws Exception {
        byte[] requests = ("put test 0 5 0 -1 1\r\nhello"
                        + "batch test 1 25 1 none -1 -1 2\r\n\0\0\0\5\66\20\246\206\0\0\0\0\0\0\0\0\0\0\0\0hello"
                        + "get test g 0 0 1000 3\r\nfetch g 50 1 1000 12 4\r\ntest 2 0 9\r\nstats  5\r\n"
                        + "sync test 0 5 0 1 6\r\nhellotransaction TX:a:1 a BEGIN 7\r\nmetadata * 8\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        for (int length = 1; length <= requests.length; length++) {
            try (WireClient client = new WireClient(broker.port())) {
                client.write(Arrays.copyOf(requests, length));
            }
        }
        try (WireClient client = new WireClient(broker.port())) {
            assertThat(client.ask("version 1\r\n").code()).isEqualTo(200);
        }
    }
}
