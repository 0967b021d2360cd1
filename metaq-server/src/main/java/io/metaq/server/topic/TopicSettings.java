// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.server.commit.FlushPolicy;
import io.metaq.server.log.LogConfig;
import java.nio.file.Path;

/**
 * What can be set for one topic.
 *
 * @param recordFormat {@link #PLAIN_RECORDS} or {@link #WRAPPED_BATCHES}
 * @param dataDirectory null: where the broker's logs lie
 * @param retention what happens to old segments
 */
public record TopicSettings(
        int partitionCount,
        int recordFormat,
        boolean acceptPublish,
        boolean acceptSubscribe,
        boolean stat,
        FlushPolicy flushPolicy,
        LogConfig logConfig,
        RetentionPolicy retention,
        Path dataDirectory) {
    /** Plain records: every 1.4 client can read them. */
    public static final int PLAIN_RECORDS = 1;
    /** Compressed batches stay wrappers; the topic is not announced to 1.4 clients. */
    public static final int WRAPPED_BATCHES = 2;

    public TopicSettings withPartitionCount(int count) {
        return new TopicSettings(
                count,
                recordFormat,
                acceptPublish,
                acceptSubscribe,
                stat,
                flushPolicy,
                logConfig,
                retention,
                dataDirectory);
    }
}
