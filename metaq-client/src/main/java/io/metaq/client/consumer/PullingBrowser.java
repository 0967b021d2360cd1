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
import java.util.function.ToLongFunction;

/** Walks a topic by single reads. */
public final class PullingBrowser implements TopicBrowser {
    private final String topic;
    private final List<Partition> partitions;
    private final MessageConsumer reader;
    private final ToLongFunction<Partition> firstOffset;
    private final int maxSize;
    private final long timeoutMs;

    /** @param firstOffset where a partition begins now */
    public PullingBrowser(
            String topic,
            List<Partition> partitions,
            MessageConsumer reader,
            ToLongFunction<Partition> firstOffset,
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

    private final class Walk implements Iterator<Message> {
        private final Iterator<Partition> rest = partitions.iterator();
        private Partition partition;
        private MessageIterator read;
        private long offset;

        @Override
        public boolean hasNext() {
            while (read == null || !read.hasNext()) {
                if (!readOn()) {
                    return false;
                }
            }
            return true;
        }

        /** Reads behind what was read, or the next partition's start; false at the end of the last one. */
        private boolean readOn() {
            if (read != null) {
                offset = read.getNextOffset();
                read = null;
            } else if (rest.hasNext()) {
                partition = rest.next();
                offset = firstOffset.applyAsLong(partition);
            } else {
                return false;
            }
            try {
                read = reader.get(topic, partition, offset, maxSize, timeoutMs, TimeUnit.MILLISECONDS);
            } catch (MetaClientException e) {
                throw new IllegalStateException("could not browse " + topic + " " + partition + " at " + offset, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while browsing " + topic, e);
            }
            return true;
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
