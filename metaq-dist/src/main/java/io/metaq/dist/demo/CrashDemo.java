// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.SendResult;
import io.metaq.dist.process.BrokerAdmin;
import io.metaq.dist.process.BrokerProcess;
import io.metaq.dist.process.TemporaryBroker;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Sends numbered messages, kills the broker in the middle, starts it again, reads everything back and counts.
 *
 * <p>Several senders each own one partition and send numbers that rise, so lost, doubled and swapped messages all show.
 */
public final class CrashDemo {
    private static final String TOPIC = "demo";
    private static final int SENDERS = 8;
    private static final int MESSAGE_BYTES = 1024;
    private static final int WINDOW = 64;
    private static final int READ_BYTES = 1 << 20;
    private static final long SENDER_SECONDS = 180;
    private static final long PROGRESS_MS = 20;

    private final int messages;
    private final PrintStream out;
    private final Progress progress;
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final AtomicReference<Throwable> senderFailure = new AtomicReference<>();

    /**
     * @param messages rounded down to a multiple of the senders
     * @param terminal whether {@code out} is one, so that a line can be written over
     */
    public CrashDemo(int messages, PrintStream out, boolean terminal) {
        this.messages = Math.max(SENDERS, messages / SENDERS * SENDERS);
        this.out = out;
        this.progress = new Progress(out, terminal, this.messages, "acknowledged");
    }

    /** True when nothing was lost, doubled or out of order. */
    public boolean run()
            throws IOException, InterruptedException, BrokerAdmin.AdminException, MetaClientException,
                    TimeoutException {
        try (TemporaryBroker temporary = TemporaryBroker.prepare("metaq-demo", List.of("-Xmx512m"))) {
            BrokerProcess broker = temporary.process();
            long begun = System.nanoTime();
            broker.start();
            out.printf(
                    "Broker started in %d ms, process %d, %s, data in %s%n",
                    millisSince(begun), broker.pid(), broker.url(), broker.dataDirectory());
            createTopic(broker);

            long sendingBegun = System.nanoTime();
            long forces = sendAcrossKill(broker);
            double seconds = (System.nanoTime() - sendingBegun) / 1e9;

            Outcome outcome = readBack(broker);
            broker.stop();
            print(outcome, seconds, forces);
            return outcome.lost == 0 && outcome.duplicated == 0 && outcome.outOfOrder == 0;
        }
    }

    private void createTopic(BrokerProcess broker) throws BrokerAdmin.AdminException {
        try (BrokerAdmin admin = new BrokerAdmin(broker.url())) {
            admin.createTopic(TOPIC, Map.of("numPartitions", Integer.toString(SENDERS), "unflushThreshold", "0"));
        }
    }

    /** Returns how many forces both lives of the broker took. */
    private long sendAcrossKill(BrokerProcess broker)
            throws IOException, InterruptedException, BrokerAdmin.AdminException, MetaClientException,
                    TimeoutException {
        out.printf(
                "Sending %,d messages of %d bytes from %d senders; every acknowledgement is forced to disk%n",
                messages, MESSAGE_BYTES, SENDERS);
        try (MetaMessageSessionFactory sessions = new MetaMessageSessionFactory(
                        MetaClientConfig.builder().serverUrl(broker.url()).build());
                MessageProducer producer = sessions.createProducer()) {
            producer.publish(TOPIC);
            Thread[] senders = new Thread[SENDERS];
            for (int i = 0; i < SENDERS; i++) {
                int sender = i;
                senders[i] = new Thread(() -> send(producer, sender), "demo-sender-" + i);
                senders[i].start();
            }
            awaitAcknowledged(messages / 2);
            long forces = forces(broker);
            broker.kill();
            progress.pause();
            out.printf("  SIGKILL at %,d acknowledged; starting again on the same data%n", acknowledged.get());
            long restarted = System.nanoTime();
            broker.start();
            out.printf("  back after %d ms%n", millisSince(restarted));
            awaitAcknowledged(messages);
            for (Thread sender : senders) {
                sender.join(TimeUnit.SECONDS.toMillis(SENDER_SECONDS));
            }
            progress.pause();
            return forces + forces(broker);
        }
    }

    private void send(MessageProducer producer, int sender) {
        ArrayDeque<CompletableFuture<SendResult>> window = new ArrayDeque<>(WINDOW);
        Partition partition = new Partition(BrokerProcess.BROKER_ID, sender);
        try {
            for (int number = 0; number < messages / SENDERS; number++) {
                byte[] data = ByteBuffer.allocate(MESSAGE_BYTES).putInt(number).array();
                window.add(producer.send(
                        Message.builder(TOPIC).data(data).partition(partition).build()));
                if (window.size() == WINDOW) {
                    requireStored(window.remove().get());
                }
            }
            while (!window.isEmpty()) {
                requireStored(window.remove().get());
            }
        } catch (InterruptedException | ExecutionException | RuntimeException e) {
            senderFailure.compareAndSet(null, e);
        }
    }

    private void requireStored(SendResult result) {
        if (!result.isSuccess()) {
            throw new IllegalStateException("a message was refused: " + result.getErrorMessage());
        }
        acknowledged.incrementAndGet();
    }

    /** Shows progress meanwhile. */
    private void awaitAcknowledged(int target) throws InterruptedException, TimeoutException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SENDER_SECONDS);
        while (acknowledged.get() < target) {
            if (senderFailure.get() != null) {
                throw new IllegalStateException("a sender failed", senderFailure.get());
            }
            if (System.nanoTime() > deadline) {
                throw new TimeoutException(
                        "only " + acknowledged.get() + " of " + target + " were acknowledged in time");
            }
            progress.show(acknowledged.get());
            TimeUnit.MILLISECONDS.sleep(PROGRESS_MS);
        }
        progress.show(acknowledged.get());
    }

    private static long forces(BrokerProcess broker) throws BrokerAdmin.AdminException {
        try (BrokerAdmin admin = new BrokerAdmin(broker.url())) {
            JsonNode status = admin.status();
            return status.path("forces").asLong();
        }
    }

    private record Outcome(long read, long lost, long duplicated, long outOfOrder) {}

    private Outcome readBack(BrokerProcess broker)
            throws BrokerAdmin.AdminException, MetaClientException, InterruptedException {
        long read = 0;
        long duplicated = 0;
        long outOfOrder = 0;
        long missing = 0;
        try (BrokerAdmin admin = new BrokerAdmin(broker.url());
                MetaMessageSessionFactory sessions = new MetaMessageSessionFactory(
                        MetaClientConfig.builder().serverUrl(broker.url()).build());
                MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("demo"))) {
            for (JsonNode offsets : admin.describe(TOPIC).path("topics").path(0).path("offsets")) {
                Partition partition = new Partition(
                        BrokerProcess.BROKER_ID, offsets.path("partition").asInt());
                BitSet seen = new BitSet();
                int previous = -1;
                long at = offsets.path("start").asLong();
                while (at < offsets.path("end").asLong()) {
                    MessageIterator found = consumer.get(TOPIC, partition, at, READ_BYTES);
                    if (found == null) {
                        break;
                    }
                    while (found.hasNext()) {
                        int number = ByteBuffer.wrap(found.next().getData()).getInt();
                        read++;
                        if (seen.get(number)) {
                            duplicated++;
                        } else if (number < previous) {
                            outOfOrder++;
                        }
                        previous = Math.max(previous, number);
                        seen.set(number);
                    }
                    at = found.getNextOffset();
                }
                missing += messages / SENDERS - seen.cardinality();
            }
        }
        return new Outcome(read, missing, duplicated, outOfOrder);
    }

    private void print(Outcome outcome, double seconds, long forces) {
        out.println();
        row("sent", "%,d", messages);
        row("acknowledged", "%,d", acknowledged.get());
        row("read back", "%,d", outcome.read);
        row("lost", "%,d", outcome.lost);
        row("duplicated", "%,d", outcome.duplicated);
        row("out of order", "%,d", outcome.outOfOrder);
        row("messages/s (with the restart)", "%,.0f", messages / seconds);
        row("forces to disk", "%,d", forces);
        row("messages per force", "%,.1f", (double) acknowledged.get() / Math.max(1, forces));
    }

    private void row(String name, String format, Object value) {
        out.printf("  %-32s %14s%n", name, String.format(Locale.ROOT, format, value));
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }
}
