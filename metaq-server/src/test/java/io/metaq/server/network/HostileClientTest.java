// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.metaq.server.boot.Broker;
import io.metaq.server.testkit.LogCapture;
import io.metaq.server.testkit.WireClient;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever some clients do, memory stays bounded, the others are served, and who stands still is closed and named. */
@Timeout(120)
class HostileClientTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** For a put and a get together, on a machine that runs other tests too; without bounds it is seconds, or for ever. */
    private static final long MAX_HEALTHY_MS = 3_000;

    private static final long MIB = 1 << 20;

    @TempDir
    Path directory;

    private Broker broker;
    private final List<Closeable> opened = new ArrayList<>();

    private void start(String system) throws Exception {
        broker = BrokerUnderAttack.start(directory, system);
    }

    @AfterEach
    void stop() throws IOException {
        for (Closeable each : opened) {
            each.close();
        }
        if (broker != null) {
            broker.close();
        }
    }

    /** A socket that never waits: what the broker does not take stays unsent. */
    private SocketChannel attacker() throws IOException {
        SocketChannel socket =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), broker.port()));
        socket.configureBlocking(false);
        opened.add(socket);
        return socket;
    }

    /** Sends as much of it as is taken; false when the connection is gone. */
    private static boolean send(SocketChannel socket, ByteBuffer bytes) {
        try {
            socket.write(bytes);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Has the broker closed? Only for sockets to which it has nothing to say. */
    private static boolean isClosed(SocketChannel socket) {
        try {
            return socket.read(ByteBuffer.allocate(1)) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    private static long directBytes() {
        return PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
    }

    private static long heapBytesAfterCollection() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static void fill(WireClient client, int partition, int megabytes) throws IOException {
        String payload = "x".repeat((int) MIB);
        for (int i = 0; i < megabytes; i++) {
            assertThat(client.ask("put test " + partition + " " + MIB + " 0 -1 1\r\n" + payload)
                            .code())
                    .isEqualTo(200);
        }
    }

    private static void until(BooleanSupplier condition) {
        await().atMost(PATIENCE).until(condition::getAsBoolean);
    }

    @Test
    void oneByteAtATimeEndsAtTheDeadline() throws Exception {
        start("");
        try (LogCapture log = new LogCapture("io.metaq.server.network");
                HealthyClient healthy = new HealthyClient(broker.port())) {
            List<SocketChannel> slow = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                slow.add(attacker());
            }
            String request = "put test 0 100 0 -1 1\r\n" + "x".repeat(99);
            int[] at = {0};
            until(() -> {
                ByteBuffer next =
                        ascii(request.substring(at[0] % request.length()).substring(0, 1));
                at[0] += at[0] < request.length() - 1 ? 1 : 0;
                slow.forEach(socket -> send(socket, next.duplicate()));
                return slow.stream().allMatch(HostileClientTest::isClosed);
            });
            assertThat(log.warnings()).hasSize(50).allMatch(line -> line.contains("unfinished"));
            assertThat(log.errors()).isEmpty();
            assertThat(healthy.takeWorstMs()).isLessThan(MAX_HEALTHY_MS);
        }
    }

    @Test
    void aClientThatStopsBehindTheHeaderIsClosedToo() throws Exception {
        start("");
        SocketChannel silent = attacker();
        send(silent, ascii("put test 0 100 0 -1 1\r\n"));
        until(() -> isClosed(silent));
    }

    @Test
    void clientsThatNeverReadTheirGetsTakeNoMemoryAndAreClosed() throws Exception {
        start("");
        try (LogCapture log = new LogCapture("io.metaq.server.network");
                HealthyClient healthy = new HealthyClient(broker.port())) {
            try (WireClient writer = new WireClient(broker.port())) {
                fill(writer, 0, 8);
            }
            long direct = directBytes();
            long heap = heapBytesAfterCollection();
            healthy.takeWorstMs();
            ByteBuffer gets = ascii("get test g 0 0 1048576 1\r\n".repeat(40_000));
            for (int i = 0; i < 30; i++) {
                SocketChannel greedy = attacker();
                ByteBuffer mine = gets.duplicate();
                while (mine.hasRemaining() && socketTakes(greedy, mine)) {
                    Thread.onSpinWait();
                }
            }
            assertThat(directBytes() - direct).isLessThan(64 * MIB);
            assertThat(heapBytesAfterCollection() - heap).isLessThan(128 * MIB);
            until(() -> log.warnings().stream()
                            .filter(line -> line.contains("not taken"))
                            .count()
                    == 30);
            assertThat(healthy.takeWorstMs()).isLessThan(MAX_HEALTHY_MS);
        }
    }

    /** Writes some; false when nothing more is taken. */
    private static boolean socketTakes(SocketChannel socket, ByteBuffer bytes) {
        int before = bytes.remaining();
        return send(socket, bytes) && bytes.remaining() < before;
    }

    /** Here the answers are made in memory, each larger than its question. */
    @Test
    void clientsThatNeverReadTheirStatsTakeLittleMemoryAndAreClosed() throws Exception {
        start("");
        try (LogCapture log = new LogCapture("io.metaq.server.network");
                HealthyClient healthy = new HealthyClient(broker.port())) {
            until(() -> healthy.rounds() > 0);
            long direct = directBytes();
            ByteBuffer questions = ascii("stats config 1\r\n".repeat(500_000));
            for (int i = 0; i < 30; i++) {
                SocketChannel greedy = attacker();
                ByteBuffer mine = questions.duplicate();
                while (mine.hasRemaining() && socketTakes(greedy, mine)) {
                    Thread.onSpinWait();
                }
            }
            assertThat(directBytes() - direct).isLessThan(64 * MIB);
            until(() -> log.warnings().stream()
                            .filter(line -> line.contains("not taken"))
                            .count()
                    == 30);
            assertThat(healthy.takeWorstMs()).isLessThan(MAX_HEALTHY_MS);
        }
    }

    @Test
    void halvesOfLargeBodiesDoNotStopTheOthers() throws Exception {
        start("maxMessageSize=800000\nmaxBatchSize=1000000\nmaxInFlightBytes=1048576");
        try (LogCapture log = new LogCapture("io.metaq.server.network");
                HealthyClient healthy = new HealthyClient(broker.port())) {
            List<SocketChannel> halves = new ArrayList<>();
            ByteBuffer half = ascii("put test 0 900000 0 -1 1\r\n" + "x".repeat(600_000));
            for (int i = 0; i < 4; i++) {
                SocketChannel socket = attacker();
                ByteBuffer mine = half.duplicate();
                while (mine.hasRemaining() && socketTakes(socket, mine)) {
                    Thread.onSpinWait();
                }
                halves.add(socket);
            }
            CompletableFuture<Integer> large = CompletableFuture.supplyAsync(() -> {
                try (WireClient honest = new WireClient(broker.port())) {
                    return honest.ask("put test 1 700000 0 -1 1\r\n" + "y".repeat(700_000))
                            .code();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            int before = healthy.rounds();
            until(() -> {
                halves.forEach(socket -> send(socket, ascii("x")));
                return large.isDone();
            });
            assertThat(large.get()).isEqualTo(200);
            assertThat(log.warnings()).isNotEmpty().allMatch(line -> line.contains("unfinished"));
            assertThat(healthy.rounds()).isGreaterThan(before);
            assertThat(healthy.takeWorstMs()).isLessThan(MAX_HEALTHY_MS);
        }
    }

    @Test
    void framesThatCannotBeEndWithOneLineInTheLog() throws Exception {
        start("");
        List<String> bad = List.of(
                "put test 0 2147483647 0 -1 1\r\n",
                "put test 0 2147483648 0 -1 1\r\n",
                "batch test 0 -1 1 none -1 -1 1\r\n",
                "v".repeat(5_000_000),
                "destroy everything 1\r\n",
                "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\r\n\r\n");
        try (LogCapture log = new LogCapture("io.metaq.server.network");
                HealthyClient healthy = new HealthyClient(broker.port())) {
            for (String frame : bad) {
                SocketChannel socket = attacker();
                ByteBuffer bytes = ascii(frame);
                until(() -> {
                    send(socket, bytes);
                    return isClosed(socket);
                });
            }
            until(() -> log.warnings().size() == bad.size());
            assertThat(log.errors()).isEmpty();
            assertThat(healthy.takeWorstMs()).isLessThan(MAX_HEALTHY_MS);
        }
    }

    @Test
    void twoThousandConnectionsCostLittle() throws Exception {
        start("");
        try (HealthyClient healthy = new HealthyClient(broker.port())) {
            long direct = directBytes();
            long heap = heapBytesAfterCollection();
            for (int i = 0; i < 2_000; i++) {
                send(attacker(), ascii("put test 0 100 0 -1 1\r\nhalf of it"));
            }
            assertThat(directBytes() - direct).isLessThan(160 * MIB);
            assertThat(heapBytesAfterCollection() - heap).isLessThan(64 * MIB);
            assertThat(healthy.takeWorstMs()).isLessThan(MAX_HEALTHY_MS);
        }
    }

    @Test
    void noMoreConnectionsThanAllowed() throws Exception {
        start("maxConnections=10");
        try (LogCapture log = new LogCapture("io.metaq.server.network")) {
            List<WireClient> allowed = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                WireClient client = new WireClient(broker.port());
                opened.add(client);
                allowed.add(client);
                assertThat(client.ask("version 1\r\n").code()).isEqualTo(200);
            }
            for (int i = 0; i < 3; i++) {
                try (WireClient refused = new WireClient(broker.port())) {
                    assertThatThrownBy(refused::read).isInstanceOf(IOException.class);
                }
            }
            assertThat(allowed.get(3).ask("version 2\r\n").code()).isEqualTo(200);
            allowed.get(0).close();
            until(this::isServed);
            assertThat(log.warnings()).isNotEmpty().allMatch(line -> line.contains("maxConnections=10"));
            assertThat(log.errors()).isEmpty();
        }
    }

    private boolean isServed() {
        try (WireClient client = new WireClient(broker.port())) {
            return client.ask("version 1\r\n").code() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aMillionGetsAreAnsweredInOrder() throws Exception {
        start("");
        try (WireClient client = new WireClient(broker.port())) {
            int count = 1_000_000;
            CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
                try {
                    StringBuilder some = new StringBuilder();
                    for (int i = 0; i < count; i++) {
                        some.append("get test g 0 0 100 ").append(i).append("\r\n");
                        if (some.length() > 60_000 || i == count - 1) {
                            client.write(some.toString());
                            some.setLength(0);
                        }
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            for (int i = 0; i < count; i++) {
                String header = client.read().header();
                if (!header.startsWith("result 404 ") || !header.endsWith(" " + i)) {
                    assertThat(header).isEqualTo("result 404 ... " + i);
                }
            }
            writer.get();
        }
    }

    /** Each asks for the same log many times over, and for more bytes than will ever come. */
    @Test
    void fetchesThatWaitAreBoundedDoNotHoldUpTheWriterAndGoWithTheirClients() throws Exception {
        start("");
        String lines = "test 3 0 1\r\n".repeat(10_000);
        String fetch = "fetch g 30000 2147483647 1000 " + lines.length() + " 1\r\n" + lines;
        try (HealthyClient healthy = new HealthyClient(broker.port())) {
            List<WireClient> waiting = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                waiting.add(new WireClient(broker.port()));
                opened.add(waiting.get(i));
                waiting.get(i).write(fetch);
                assertThat(waiting.get(i).ask("version 2\r\n").header()).endsWith(" 2");
            }
            try (WireClient oneTooMany = new WireClient(broker.port())) {
                assertThat(oneTooMany.ask(fetch).header()).startsWith("value ");
            }
            int before = healthy.rounds();
            until(() -> healthy.rounds() > before + 100);
            assertThat(healthy.takeWorstMs()).isLessThan(MAX_HEALTHY_MS);
            long closedNanos = System.nanoTime();
            for (WireClient client : waiting) {
                client.close();
            }
            until(this::isAFetchHeldAgain);
            assertThat(Duration.ofNanos(System.nanoTime() - closedNanos)).isLessThan(Duration.ofSeconds(10));
        }
    }

    private boolean isAFetchHeldAgain() {
        try (WireClient client = new WireClient(broker.port())) {
            String lines = "test 0 0 1\r\n".repeat(10_000);
            client.write("fetch g 30000 1 1000 " + lines.length() + " 1\r\n" + lines + "version 2\r\n");
            return client.read().header().endsWith(" 2");
        } catch (EOFException e) {
            return false;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
