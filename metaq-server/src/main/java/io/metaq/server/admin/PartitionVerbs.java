// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.server.command.AdminVerb;
import io.metaq.server.topic.TopicException;
import io.metaq.server.topic.TopicRegistry;
import java.io.IOException;
import java.util.Map;

/** {@code partition-close} and {@code partition-open}, of the range first to last. */
public final class PartitionVerbs {
    private final TopicRegistry topics;

    public PartitionVerbs(TopicRegistry topics) {
        this.topics = topics;
    }

    public Map<String, AdminVerb> all() {
        return Map.of(
                "partition-close", arguments -> set(arguments, true),
                "partition-open", arguments -> set(arguments, false));
    }

    private JsonNode set(JsonNode arguments, boolean closed) throws IOException, AdminVerb.RefusedException {
        AdminArguments.requireOnly(arguments, "topic", "first", "last");
        try {
            return TopicDescription.full(topics.setClosed(
                    AdminArguments.text(arguments, "topic"),
                    AdminArguments.number(arguments, "first"),
                    AdminArguments.number(arguments, "last"),
                    closed));
        } catch (TopicException e) {
            throw AdminArguments.refused(e);
        }
    }
}
