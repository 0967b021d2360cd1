// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.dist.process.BrokerAdmin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that has a thousand partitions and nothing to do. */
class IdleBrokerTest {
    private static final int TOPICS = 10;
    private static final int PARTITIONS_EACH = 100;
    private static final long MOST_HEAP_KIB = 64 << 10;
    private static final long MOST_START_MS = 5000;
    private static final int STARTS = 3;
    /** In the summary of jcmd: one line a generation, {@code ... total 25600K, used 12345K [...}. */
    private static final Pattern GENERATION = Pattern.compile("(?:PSYoungGen|ParOldGen)\\s+total \\d+K, used (\\d+)K");

    private static final Pattern STARTED = Pattern.compile("Started in (\\d+) ms");

    @TempDir
    Path directory;

    @Test
    void itNeedsLittleHeapAndStartsQuicklyAfterACleanStop() throws Exception {
        BrokerFiles files = BrokerFiles.write(directory, "server.ini", directory.resolve("data"));
        try (CommandProcess broker = start(files)) {
            createTopics(files);
            stop(broker);
        }
        long best = Long.MAX_VALUE;
        for (int i = 0; i < STARTS && best >= MOST_START_MS; i++) {
            try (CommandProcess broker = start(files)) {
                best = Math.min(best, startedMs(broker));
                assertThat(partitions(files)).isEqualTo(TOPICS * PARTITIONS_EACH);
                long heapKib = heapAfterCollectionKib(broker.pid());
                System.out.printf("1,000 idle partitions: start %d ms, heap after GC %d KiB%n", best, heapKib);
                assertThat(heapKib).as("KiB of heap in use after a collection").isLessThan(MOST_HEAP_KIB);
                stop(broker);
            }
        }
        assertThat(best).as("milliseconds from the JVM's start to serving").isLessThan(MOST_START_MS);
    }

    private CommandProcess start(BrokerFiles files) throws IOException {
        CommandProcess broker = CommandProcess.start(
                directory, "broker", "--config", files.ini().toString());
        broker.awaitOut("Ctrl-C stops it.");
        return broker;
    }

    private static void stop(CommandProcess broker) throws IOException, InterruptedException {
        broker.terminate();
        assertThat(broker.awaitEnd().out()).contains("Stopped cleanly.");
    }

    private static void createTopics(BrokerFiles files) throws BrokerAdmin.AdminException {
        try (BrokerAdmin admin = new BrokerAdmin("meta://" + files.address())) {
            for (int i = 0; i < TOPICS; i++) {
                admin.createTopic("idle-" + i, Map.of("numPartitions", Integer.toString(PARTITIONS_EACH)));
            }
        }
    }

    private static int partitions(BrokerFiles files) throws BrokerAdmin.AdminException {
        try (BrokerAdmin admin = new BrokerAdmin("meta://" + files.address())) {
            JsonNode status = admin.status();
            return status.path("partitions").asInt();
        }
    }

    private static long startedMs(CommandProcess broker) throws IOException {
        Matcher told = STARTED.matcher(broker.out());
        assertThat(told.find()).isTrue();
        return Long.parseLong(told.group(1));
    }

    private static long heapAfterCollectionKib(long pid) throws IOException, InterruptedException {
        jcmd(pid, "GC.run");
        String info = jcmd(pid, "GC.heap_info");
        Matcher generation = GENERATION.matcher(info);
        long used = 0;
        int generations = 0;
        while (generation.find()) {
            used += Long.parseLong(generation.group(1));
            generations++;
        }
        assertThat(generations).as(info).isEqualTo(2);
        return used;
    }

    private static String jcmd(long pid, String command) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process process = new ProcessBuilder(jcmd.toString(), Long.toString(pid), command)
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(text).isZero();
        return text;
    }
}
