// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.discovery;

import io.metaq.client.Partition;
import java.util.List;

/**
 * The partitions of a topic now.
 *
 * @param partitions by broker id and number, no repetitions
 * @param wrapsBatches record format 2: a compressed batch stays one record, and offsets inside it count messages
 */
public record TopicRoute(List<Partition> partitions, boolean wrapsBatches) {
    public static final TopicRoute NONE = new TopicRoute(List.of(), false);

    public TopicRoute {
        partitions = List.copyOf(partitions);
    }
}
