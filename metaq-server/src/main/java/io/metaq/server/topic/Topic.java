// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import java.util.List;

/**
 * A topic as it is now. Immutable; altering makes a new one.
 *
 * @param partitions the index is the partition's number
 */
public record Topic(String name, TopicSettings settings, List<Partition> partitions) {
    public Topic {
        partitions = List.copyOf(partitions);
    }

    /** Null when there is no such partition. */
    public Partition partition(int index) {
        return index >= 0 && index < partitions.size() ? partitions.get(index) : null;
    }
}
