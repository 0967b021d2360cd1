// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.Iterator;
import java.util.List;

/**
 * Walks what a topic holds now, partition after partition from the oldest message; no group, nothing committed. Thread-safe; an
 * iterator belongs to one thread.
 */
public interface TopicBrowser extends AutoCloseable {
    /** Reads as it goes; an {@link IllegalStateException} with its cause when a read fails, which the next call tries again. */
    Iterator<Message> iterator();

    List<Partition> getPartitions();

    String getTopic();

    /** Ends it; its iterators fail from then on. A factory that is closed closes its browsers. */
    void shutdown() throws MetaClientException;

    @Override
    default void close() throws MetaClientException {
        shutdown();
    }
}
