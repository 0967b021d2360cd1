// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.protocol.StatusCode;
import io.metaq.server.command.AdminVerb;
import io.metaq.server.topic.TopicException;
import java.util.List;
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
        if (value == null || !value.isIntegralNumber() || !value.canConvertToInt()) {
            throw new AdminVerb.RefusedException(
                    StatusCode.BAD_REQUEST, "'" + name + "' is missing; expected is a whole number");
        }
        return value.asInt();
    }

    /** The object {@code settings}, which may be absent: keys and values as in a topic's section. */
    static Map<String, String> settings(JsonNode arguments) throws AdminVerb.RefusedException {
        JsonNode given = arguments.path("settings");
        if (!given.isMissingNode() && !given.isObject()) {
            throw new AdminVerb.RefusedException(
                    StatusCode.BAD_REQUEST, "'settings' is no object; expected are keys and their values");
        }
        Map<String, String> settings = new TreeMap<>();
        for (Map.Entry<String, JsonNode> field : given.properties()) {
            if (field.getValue().isNull() || !field.getValue().isValueNode()) {
                throw new AdminVerb.RefusedException(
                        StatusCode.BAD_REQUEST, "'settings': " + field.getKey() + " is no text, number or switch");
            }
            settings.put(field.getKey(), field.getValue().asText());
        }
        return settings;
    }

    /** A misspelt argument must not pass for an absent one. */
    static void requireOnly(JsonNode arguments, String... names) throws AdminVerb.RefusedException {
        if (!arguments.isObject()) {
            throw new AdminVerb.RefusedException(StatusCode.BAD_REQUEST, "the arguments are no JSON object");
        }
        List<String> known = List.of(names);
        for (Map.Entry<String, JsonNode> argument : arguments.properties()) {
            if (!known.contains(argument.getKey())) {
                throw new AdminVerb.RefusedException(
                        StatusCode.BAD_REQUEST, "'" + argument.getKey() + "' is unknown; known are " + known);
            }
        }
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
