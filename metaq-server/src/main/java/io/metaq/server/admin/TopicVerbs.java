// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.metaq.protocol.StatusCode;
import io.metaq.server.command.AdminVerb;
import io.metaq.server.topic.Topic;
import io.metaq.server.topic.TopicException;
import io.metaq.server.topic.TopicRegistry;
import java.io.IOException;
import java.util.Comparator;
import java.util.Map;

/** {@code topic-create, -list, -describe, -alter, -delete}. */
public final class TopicVerbs {
    private static final String TOPIC = "topic";
    private static final String SETTINGS = "settings";

    private final TopicRegistry topics;

    public TopicVerbs(TopicRegistry topics) {
        this.topics = topics;
    }

    public Map<String, AdminVerb> all() {
        return Map.of(
                "topic-create", this::create,
                "topic-list", this::list,
                "topic-describe", this::describe,
                "topic-alter", this::alter,
                "topic-delete", this::delete);
    }

    private JsonNode create(JsonNode arguments) throws IOException, AdminVerb.RefusedException {
        AdminArguments.requireOnly(arguments, TOPIC, SETTINGS);
        try {
            return TopicDescription.brief(
                    topics.create(AdminArguments.text(arguments, TOPIC), AdminArguments.settings(arguments)));
        } catch (TopicException e) {
            throw AdminArguments.refused(e);
        }
    }

    private JsonNode alter(JsonNode arguments) throws IOException, AdminVerb.RefusedException {
        AdminArguments.requireOnly(arguments, TOPIC, SETTINGS);
        try {
            return TopicDescription.brief(
                    topics.alter(AdminArguments.text(arguments, TOPIC), AdminArguments.settings(arguments)));
        } catch (TopicException e) {
            throw AdminArguments.refused(e);
        }
    }

    private JsonNode delete(JsonNode arguments) throws IOException, AdminVerb.RefusedException {
        AdminArguments.requireOnly(arguments, TOPIC);
        String topic = AdminArguments.text(arguments, TOPIC);
        try {
            topics.delete(topic);
        } catch (TopicException e) {
            throw AdminArguments.refused(e);
        }
        return JsonNodeFactory.instance.objectNode().put(TOPIC, topic).put("deleted", true);
    }

    private JsonNode list(JsonNode arguments) throws AdminVerb.RefusedException {
        AdminArguments.requireOnly(arguments);
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        topics.topics().stream()
                .sorted(Comparator.comparing(Topic::name))
                .map(TopicDescription::brief)
                .forEach(list::add);
        return list;
    }

    private JsonNode describe(JsonNode arguments) throws AdminVerb.RefusedException {
        AdminArguments.requireOnly(arguments, TOPIC);
        String name = AdminArguments.text(arguments, TOPIC);
        Topic topic = topics.find(name)
                .orElseThrow(() -> new AdminVerb.RefusedException(StatusCode.NOT_FOUND, "there is no topic " + name));
        return TopicDescription.full(topic);
    }
}
