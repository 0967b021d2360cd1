// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.perf;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.dist.process.BrokerAdmin;
import java.util.concurrent.atomic.AtomicReference;
import org.HdrHistogram.Histogram;

/** Catch-up reading: a filled topic from its beginning, partition after partition, with a request each megabyte. */
public final class ConsumeLoad {
    private static final int READ_BYTES = 1 << 20;
    private static final int DIGITS = 3;

    private final PerfTarget target;
    private final int payloadBytes;
    private final int partitions;
    private final int messages;

    public ConsumeLoad(PerfTarget target, int payloadBytes, int partitions, int messages) {
        this.target = target;
        this.payloadBytes = payloadBytes;
        this.partitions = partitions;
        this.messages = messages;
    }

    public LoadResult run() throws BrokerAdmin.AdminException, MetaClientException, InterruptedException {
        String topic = target.newTopic(partitions, /* sync */ false);
        try (MetaMessageSessionFactory sessions = target.sessions()) {
            fill(sessions, topic);
            try (MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("perf"))) {
                return read(consumer, topic);
            }
        } finally {
            target.deleteTopic(topic);
        }
    }

    private void fill(MetaMessageSessionFactory sessions, String topic)
            throws MetaClientException, InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (MessageProducer producer = sessions.createProducer()) {
            producer.publish(topic);
            byte[] data = new byte[payloadBytes];
            for (int i = 0; i < messages; i++) {
                producer.send(new Message(topic, data)).whenComplete((result, error) -> {
                    if (error != null) {
                        failure.compareAndSet(null, error);
                    }
                });
            }
            producer.flush();
        }
        if (failure.get() != null) {
            throw new MetaClientException("filling failed: " + failure.get().getMessage(), failure.get());
        }
    }

    private LoadResult read(MessageConsumer consumer, String topic)
            throws BrokerAdmin.AdminException, MetaClientException, InterruptedException {
        Histogram latency = new Histogram(DIGITS);
        long read = 0;
        long begun = System.nanoTime();
        JsonNode described = target.describe(topic);
        int brokerId = described.path("brokerId").asInt();
        for (JsonNode offsets : described.path("topics").path(0).path("offsets")) {
            Partition partition =
                    new Partition(brokerId, offsets.path("partition").asInt());
            long at = offsets.path("start").asLong();
            long end = offsets.path("end").asLong();
            while (at < end) {
                long asked = System.nanoTime();
                MessageIterator found = consumer.get(topic, partition, at, READ_BYTES);
                latency.recordValue(System.nanoTime() - asked);
                if (found == null) {
                    break;
                }
                while (found.hasNext()) {
                    Message message = found.next();
                    read += message.getData().length == payloadBytes ? 1 : 0;
                }
                at = found.getNextOffset();
            }
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        if (read != messages) {
            throw new MetaClientException(read + " of " + messages + " messages were read back");
        }
        return new LoadResult("consume", 1, partitions, payloadBytes, read, seconds, latency, 0, 0);
    }
}
