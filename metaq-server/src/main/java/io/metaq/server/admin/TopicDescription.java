// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.RetentionPolicy;
import io.metaq.server.topic.Topic;
import io.metaq.server.topic.TopicSettings;
import java.util.Locale;

/** A topic as JSON, for operators. */
final class TopicDescription {
    private TopicDescription() {}

    /** Name, partitions, format, flags, flush policy. */
    static ObjectNode brief(Topic topic) {
        TopicSettings settings = topic.settings();
        return JsonNodeFactory.instance
                .objectNode()
                .put("topic", topic.name())
                .put("numPartitions", topic.partitions().size())
                .put("recordFormat", settings.recordFormat())
                .put("acceptPublish", settings.acceptPublish())
                .put("acceptSubscribe", settings.acceptSubscribe())
                .put("unflushThreshold", settings.flushPolicy().unflushedRecords());
    }

    /** The same, retention, and every partition with its offsets and state. */
    static ObjectNode full(Topic topic) {
        ObjectNode node = brief(topic);
        RetentionPolicy retention = topic.settings().retention();
        node.put(
                        "unflushIntervalMs",
                        topic.settings().flushPolicy().unflushedFor().toMillis())
                .put("maxSegmentSize", topic.settings().logConfig().maxSegmentBytes())
                .put("retention", retention.action().name().toLowerCase(Locale.ROOT))
                .put("retentionMs", retention.maxAge().toMillis())
                .put("retentionBytes", retention.maxBytes())
                .put("deleteWhen", retention.deleteWhen());
        ArrayNode partitions = node.putArray("partitions");
        for (Partition partition : topic.partitions()) {
            partitions
                    .addObject()
                    .put("partition", partition.index())
                    .put("startOffset", partition.log().log().startOffset())
                    .put("visibleEnd", partition.log().visibleEnd())
                    .put("end", partition.log().log().watermarks().end())
                    .put("flushed", partition.log().log().watermarks().flushed())
                    .put("segments", partition.log().log().segmentCount())
                    .put("state", partition.log().state().name())
                    .put("reason", partition.log().stateReason())
                    .put("closed", partition.isClosed());
        }
        return node;
    }
}
