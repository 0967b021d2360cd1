// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import java.util.List;

/** MetaQ 1.4's DEFAULT share-out: sorted members take contiguous ranges, the first ones one more where it does not divide. */
final class RangeShare {
    private RangeShare() {}

    /**
     * What {@code me} gets.
     *
     * @param members sorted as strings
     * @param partitions sorted as strings, as every member of the group sees them
     */
    static List<String> of(String me, List<String> members, List<String> partitions) {
        int index = members.indexOf(me);
        if (index < 0) {
            return List.of();
        }
        int base = partitions.size() / members.size();
        int extra = partitions.size() % members.size();
        int from = base * index + Math.min(index, extra);
        int count = base + (index < extra ? 1 : 0);
        return partitions.subList(from, from + count);
    }
}
