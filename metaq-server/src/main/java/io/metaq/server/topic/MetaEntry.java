// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Map;
import java.util.Set;

/** What the {@code __meta} log holds: one change a record, as JSON. The state is all of them replayed. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = MetaEntry.TopicSet.class, name = "topic-set"),
    @JsonSubTypes.Type(value = MetaEntry.TopicDeleted.class, name = "topic-deleted"),
    @JsonSubTypes.Type(value = MetaEntry.PartitionsClosed.class, name = "partitions-closed"),
    @JsonSubTypes.Type(value = MetaEntry.ProducersReserved.class, name = "producers-reserved")
})
@JsonInclude(JsonInclude.Include.NON_NULL)
sealed interface MetaEntry {
    /**
     * A topic was made or altered at run time.
     *
     * @param settings as an operator writes them, key and value; what is absent is inherited
     */
    record TopicSet(String topic, Map<String, String> settings) implements MetaEntry {}

    record TopicDeleted(String topic) implements MetaEntry {}

    /** These partitions of the topic, and no others, are closed. */
    record PartitionsClosed(String topic, Set<Integer> partitions) implements MetaEntry {}

    /** Producer numbers below this one may have been given out. */
    record ProducersReserved(int upTo) implements MetaEntry {}
}
