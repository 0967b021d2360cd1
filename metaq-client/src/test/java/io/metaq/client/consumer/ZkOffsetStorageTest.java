// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.metaq.client.CommittedOffset;
import io.metaq.client.Message;
import io.metaq.client.Partition;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

/** The text of an offset's node, which original clients read and write too. */
class ZkOffsetStorageTest {
    private static final Partition PARTITION = new Partition(0, 3);

    private static Optional<CommittedOffset> parse(String text) {
        return ZkOffsetStorage.parse("topic", PARTITION, text);
    }

    private static CommittedOffset offset(long offset, long id) {
        return new CommittedOffset("topic", PARTITION, offset, id);
    }

    @Property
    void whatIsWrittenIsReadBack(@ForAll long id, @ForAll @LongRange(min = 0) long offset) {
        String text = new String(ZkOffsetStorage.format(offset(offset, id)), StandardCharsets.UTF_8);
        assertThat(text).isEqualTo(id + "-" + offset);
        assertThat(parse(text)).contains(offset(offset, id));
    }

    @Example
    void nodesOf14ClientsAreRead() {
        assertThat(parse("-5468903538719457280-128")).contains(offset(128, -5468903538719457280L));
        assertThat(parse("-1-0")).contains(offset(0, Message.NONE));
        assertThat(parse("4711")).contains(offset(4711, Message.NONE));
        assertThat(parse("")).isEmpty();
    }

    @Example
    void aNodeThatHoldsSomethingElseIsNoOffset() {
        assertThatExceptionOfType(NumberFormatException.class).isThrownBy(() -> parse("somewhere"));
        assertThatExceptionOfType(NumberFormatException.class).isThrownBy(() -> parse("1-"));
    }
}
