// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.server.commit.FlushPolicy;
import io.metaq.server.log.LogConfig;

/**
 * What can be set for one topic.
 *
 * @param recordFormat 1 (plain records, every 1.4 client can read them) or 2 (compressed batches stay wrappers; not
 *     announced to 1.4 clients)
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
        RetentionPolicy retention) {}
