// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** 1.4's share-out, which every member of a group computes for itself: they must all come to the same. */
class RangeShareTest {
    private static List<String> names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).sorted().toList();
    }

    @Property
    void everyPartitionHasOneMemberAndNoMemberHasTwoMoreThanAnother(
            @ForAll @IntRange(min = 1, max = 20) int memberCount, @ForAll @IntRange(max = 50) int partitionCount) {
        List<String> members = names("group_", memberCount);
        List<String> partitions = names("0-", partitionCount);
        List<String> together = new ArrayList<>();
        int least = Integer.MAX_VALUE;
        int most = 0;
        for (String member : members) {
            List<String> share = RangeShare.of(member, members, partitions);
            together.addAll(share);
            least = Math.min(least, share.size());
            most = Math.max(most, share.size());
        }
        assertThat(together).as("ranges in the members' order").isEqualTo(partitions);
        assertThat(most - least).isLessThanOrEqualTo(1);
    }

    /** As 1.4's DefaultLoadBalanceStrategy deals them; partitions are sorted as strings, so 0-10 is before 0-2. */
    @Example
    void theFirstMembersGetOneMore() {
        List<String> members = List.of("a", "b", "c");
        List<String> partitions = List.of("0-0", "0-1", "0-10", "0-2", "1-0", "1-1", "1-2", "1-3");
        assertThat(RangeShare.of("a", members, partitions)).containsExactly("0-0", "0-1", "0-10");
        assertThat(RangeShare.of("b", members, partitions)).containsExactly("0-2", "1-0", "1-1");
        assertThat(RangeShare.of("c", members, partitions)).containsExactly("1-2", "1-3");
    }

    @Example
    void whoIsNoMemberGetsNothing() {
        assertThat(RangeShare.of("d", List.of("a"), List.of("0-0"))).isEmpty();
        assertThat(RangeShare.of("a", List.of(), List.of("0-0"))).isEmpty();
    }
}
