// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.protocol.StatusCode;
import io.metaq.server.command.AdminVerb;
import io.metaq.server.topic.TopicException;
import java.util.Map;
import java.util.TreeMap;

/** Reads operator commands' arguments, and turns refusals of topics into answers. */
final class AdminArguments {
    private AdminArguments() {}

    static String text(JsonNode arguments, String name) throws AdminVerb.RefusedException {
        JsonNode value = arguments.get(name);
        if (value == null || !value.isTextual() || value.asText().isEmpty()) {
            throw new AdminVerb.RefusedException(
                    StatusCode.BAD_REQUEST, "'" + name + "' is missing; expected is a text");
        }
        return value.asText();
    }

    static int number(JsonNode arguments, String name) throws AdminVerb.RefusedException {
        JsonNode value = arguments.get(name);
        if (value == null || !value.canConvertToInt()) {
            throw new AdminVerb.RefusedException(
                    StatusCode.BAD_REQUEST, "'" + name + "' is missing; expected is a whole number");
        }
        return value.asInt();
    }

    /** The object {@code settings}: keys and values as in a topic's section. */
    static Map<String, String> settings(JsonNode arguments) {
        Map<String, String> settings = new TreeMap<>();
        arguments
                .path("settings")
                .properties()
                .forEach(field -> settings.put(field.getKey(), field.getValue().asText()));
        return settings;
    }

    static AdminVerb.RefusedException refused(TopicException e) {
        int code =
                switch (e.reason()) {
                    case INVALID -> StatusCode.BAD_REQUEST;
                    case EXISTS -> StatusCode.CONFLICT;
                    case UNKNOWN -> StatusCode.NOT_FOUND;
                };
        return new AdminVerb.RefusedException(code, e.getMessage());
    }
}
