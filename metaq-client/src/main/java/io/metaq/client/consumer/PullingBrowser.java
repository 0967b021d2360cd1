// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MetaClientException;
import io.metaq.client.Partition;
import io.metaq.client.TopicBrowser;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;

/** Walks a topic by single reads. */
public final class PullingBrowser implements TopicBrowser {
    private final String topic;
    private final List<Partition> partitions;
    private final MessageConsumer reader;
    private final FirstOffset firstOffset;
    private final int maxSize;
    private final long timeoutMs;

    /** Where a partition begins now. */
    @FunctionalInterface
    public interface FirstOffset {
        long of(Partition partition) throws MetaClientException, InterruptedException;
    }

    /** @param reader belongs to the browser, which closes it */
    public PullingBrowser(
            String topic,
            List<Partition> partitions,
            MessageConsumer reader,
            FirstOffset firstOffset,
            int maxSize,
            long timeoutMs) {
        this.topic = topic;
        this.partitions = List.copyOf(partitions);
        this.reader = reader;
        this.firstOffset = firstOffset;
        this.maxSize = maxSize;
        this.timeoutMs = timeoutMs;
    }

    @Override
    public Iterator<Message> iterator() {
        return new Walk();
    }

    @Override
    public List<Partition> getPartitions() {
        return partitions;
    }

    @Override
    public String getTopic() {
        return topic;
    }

    @Override
    public void shutdown() throws MetaClientException {
        reader.shutdown();
    }

    private final class Walk implements Iterator<Message> {
        private int index;
        private boolean begun;
        private long offset;
        private MessageIterator read;

        @Override
        public boolean hasNext() {
            while ((read == null || !read.hasNext()) && index < partitions.size()) {
                readOn();
            }
            return read != null && read.hasNext();
        }

        /** Reads behind what was read, or goes to the next partition; what failed is read again by the next call. */
        private void readOn() {
            Partition partition = partitions.get(index);
            try {
                if (!begun) {
                    offset = firstOffset.of(partition);
                    begun = true;
                }
                read = reader.get(topic, partition, offset, maxSize, timeoutMs, TimeUnit.MILLISECONDS);
            } catch (MetaClientException e) {
                throw new IllegalStateException("could not browse " + topic + " " + partition + " at " + offset, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while browsing " + topic, e);
            }
            if (read == null) {
                index++;
                begun = false;
            } else {
                offset = read.getNextOffset();
            }
        }

        @Override
        public Message next() {
            if (!hasNext()) {
                throw new NoSuchElementException("topic " + topic + " has no more messages");
            }
            return read.next();
        }
    }
}
