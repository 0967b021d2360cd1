// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.SendResult;
import io.metaq.dist.process.BrokerAdmin;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker on a small file system of its own, filled by someone else. Needs the right to mount one, else it is skipped. */
class FullDiskTest {
    private static final String TOPIC = "small";
    private static final Partition PARTITION = new Partition(0, 0);
    private static final int MIB = 1 << 20;
    private static final int DISK_MIB = 64;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private Path mount;
    private boolean mounted;

    @BeforeEach
    void mountSmallDisk() throws Exception {
        mount = Files.createDirectory(directory.resolve("disk"));
        assumeTrue(
                Files.isExecutable(Path.of("/bin/mount")), "there is no /bin/mount, so there is no small disk to fill");
        mounted = run("mount", "-t", "tmpfs", "-o", "size=" + DISK_MIB + "m", "tmpfs", mount.toString());
        assumeTrue(mounted, "a tmpfs may not be mounted here (it takes root), so there is no small disk to fill");
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", mount.toString())).isTrue();
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    /** Takes all the room there is; returns the file. */
    private Path fill() throws IOException {
        Path ballast = mount.resolve("ballast");
        try (OutputStream out = Files.newOutputStream(ballast)) {
            byte[] zeros = new byte[64 << 10];
            while (true) {
                out.write(zeros);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
        return ballast;
    }

    /** The broker sees it coming: with less than minFreeBytes it takes no more. */
    @Test
    void withTooLittleRoomPutsAreRefusedReadsGoOnAndWritesResumeByThemselves() throws Exception {
        fillAndMakeRoom("minFreeBytes=8m");
    }

    /** The broker runs into it: a write fails for want of room. */
    @Test
    void whenAWriteFindsNoRoomPutsAreRefusedReadsGoOnAndWritesResumeByThemselves() throws Exception {
        fillAndMakeRoom("minFreeBytes=0");
    }

    private void fillAndMakeRoom(String setting) throws Exception {
        BrokerFiles files = BrokerFiles.write(
                directory,
                "server.ini",
                mount.resolve("data"),
                setting,
                "journalFileSize=1m",
                "checkpointInterval=500");
        try (CommandProcess broker = CommandProcess.start(
                directory, "broker", "--config", files.ini().toString())) {
            broker.awaitOut("Ctrl-C stops it.");
            String url = "meta://" + files.address();
            try (BrokerAdmin admin = new BrokerAdmin(url);
                    MetaMessageSessionFactory sessions = new MetaMessageSessionFactory(
                            MetaClientConfig.builder().serverUrl(url).build());
                    MessageProducer producer = sessions.createProducer();
                    MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("full-disk"))) {
                admin.createTopic(TOPIC, Map.of("unflushThreshold", "0"));
                producer.publish(TOPIC);
                int sent = 0;
                while (sent < 10) {
                    assertThat(send(producer, sent).get().isSuccess()).isTrue();
                    sent++;
                }

                Path ballast = fill();
                List<CompletableFuture<SendResult>> waiting = new ArrayList<>();
                while (waiting.size() < 20) {
                    waiting.add(send(producer, sent));
                    sent++;
                }

                await().atMost(PATIENCE)
                        .until(() -> admin.status().path("diskFull").asBoolean());
                CommandProcess.Ended status =
                        CommandProcess.run(directory, "status", "--json", "--broker", files.address());
                assertThat(status.with(ExitCode.FAILED).json().path("diskFull").asBoolean())
                        .isTrue();
                try (PlainPut put = new PlainPut(files.port())) {
                    assertThat(put.answer(TOPIC, 0, "refused"))
                            .startsWith("result 507 ")
                            .contains("disk is full");
                }
                assertThat(numbersIn(consumer)).startsWith(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
                assertThat(admin.status().path("offlineLogs")).isEmpty();

                Files.delete(ballast);

                for (CompletableFuture<SendResult> each : waiting) {
                    assertThat(each.get(60, TimeUnit.SECONDS).isSuccess()).isTrue();
                }
                assertThat(admin.status().path("diskFull").asBoolean()).isFalse();
                List<Integer> expected = new ArrayList<>();
                for (int number = 0; number < sent; number++) {
                    expected.add(number);
                }
                assertThat(numbersIn(consumer)).isEqualTo(expected);
            }
        }
    }

    private static CompletableFuture<SendResult> send(MessageProducer producer, int number) {
        byte[] data = ByteBuffer.allocate(MIB / 4).putInt(number).array();
        return producer.send(
                Message.builder(TOPIC).data(data).partition(PARTITION).build());
    }

    private static List<Integer> numbersIn(MessageConsumer consumer) throws Exception {
        List<Integer> numbers = new ArrayList<>();
        long next = 0;
        for (MessageIterator found = consumer.get(TOPIC, PARTITION, next, MIB);
                found != null;
                found = consumer.get(TOPIC, PARTITION, next, MIB)) {
            while (found.hasNext()) {
                numbers.add(ByteBuffer.wrap(found.next().getData()).getInt());
            }
            next = found.getNextOffset();
        }
        return numbers;
    }
}
