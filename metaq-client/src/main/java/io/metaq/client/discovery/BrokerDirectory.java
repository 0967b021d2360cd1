// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.discovery;

import java.util.List;
import java.util.Optional;

/** Who has which partitions. Thread-safe. What was asked once is followed from then on. */
public interface BrokerDirectory extends AutoCloseable {
    /** Where a topic can be written now; blocks for the first look at a topic only. */
    TopicRoute publishable(String topic);

    /** As {@link #publishable}, but waits for a first partition up to {@code nanos}; then without partitions. */
    TopicRoute awaitPublishable(String topic, long nanos) throws InterruptedException;

    /** Where a topic can be read now. */
    TopicRoute readable(String topic);

    /** The broker's address; when it is away, the last one known. */
    Optional<String> findUrl(int brokerId);

    /** The address to read from: the master's or, without one, a slave's. */
    Optional<String> findReadableUrl(int brokerId);

    /** Every master's address now. */
    List<String> urls();

    /**
     * Runs {@code listener} after each change that the directory is told of, on a thread of the directory: it must not block.
     *
     * @return ends it
     */
    Registration onChange(Runnable listener);

    /** A listener's place among the others. */
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }

    @Override
    void close();
}
