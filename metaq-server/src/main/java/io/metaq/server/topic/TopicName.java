// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which names a topic may have: a topic is a directory's name, a node's name in ZooKeeper and a word in a header line.
 * Names that begin with two underscores are the broker's own; {@code %} begins those of retry and dead-letter topics.
 */
public final class TopicName {
    private static final int MAX_CHARS = 200;
    private static final Pattern VALID = Pattern.compile("[A-Za-z0-9._%@+-]+");

    private TopicName() {}

    static void requireValid(String name) throws TopicException {
        Optional<String> problem = problem(name);
        if (problem.isPresent()) {
            throw new TopicException(TopicException.Reason.INVALID, problem.get());
        }
    }

    static boolean isValid(String name) {
        return problem(name).isEmpty();
    }

    /** Why a topic cannot have this name; empty when it can. */
    public static Optional<String> problem(String name) {
        if (name.isEmpty() || name.length() > MAX_CHARS) {
            return told(name, "must have 1 to " + MAX_CHARS + " characters");
        }
        if (!VALID.matcher(name).matches()) {
            return told(name, "may hold letters, digits and . _ - % @ + only");
        }
        if (name.startsWith("__")) {
            return told(name, "may not begin with two underscores");
        }
        return name.equals(".") || name.equals("..") ? told(name, "is no directory name") : Optional.empty();
    }

    private static Optional<String> told(String name, String problem) {
        String shown = name.length() > MAX_CHARS ? name.substring(0, MAX_CHARS) + "..." : name;
        return Optional.of("topic name '" + shown + "' " + problem);
    }
}
