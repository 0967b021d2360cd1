// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import java.io.IOException;
import java.util.Collection;
import java.util.Optional;

/**
 * The broker's topics: those of the ini file and those made at run time, persisted in the {@code __meta} log. CONTRACT
 * SKELETON, being built.
 *
 * <p>Threads: find and topics are for any thread, event loops included; the rest may block on the disk.
 */
public final class TopicRegistry {
    public Optional<Topic> find(String topic) {
        throw new UnsupportedOperationException();
    }

    public Collection<Topic> topics() {
        throw new UnsupportedOperationException();
    }

    /** Also for a name that matches a wildcard section of the ini file at its first put. */
    public Topic create(String topic, TopicSettings settings) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Partitions can be added, not taken away. */
    public Topic alter(String topic, TopicSettings settings) throws IOException {
        throw new UnsupportedOperationException();
    }

    public void delete(String topic) throws IOException {
        throw new UnsupportedOperationException();
    }

    public void setClosed(String topic, int firstPartition, int lastPartition, boolean closed) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** A producer id no one has had; reserved durably before it is given out. */
    public long newProducerId() throws IOException {
        throw new UnsupportedOperationException();
    }

    /** Told after each change; used for ZooKeeper registration. */
    public void addListener(Listener listener) {
        throw new UnsupportedOperationException();
    }

    /** On the thread that made the change. */
    public interface Listener {
        void onTopicChanged(Topic topic);

        void onTopicDeleted(String topic);
    }
}
