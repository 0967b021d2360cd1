// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import java.util.regex.Pattern;

/**
 * Which names a topic may have: a topic is a directory's name, a node's name in ZooKeeper and a word in a header line.
 * Names that begin with two underscores are the broker's own; {@code %} begins those of retry and dead-letter topics.
 */
final class TopicName {
    private static final int MAX_CHARS = 200;
    private static final Pattern VALID = Pattern.compile("[A-Za-z0-9._%@+-]+");

    private TopicName() {}

    static void requireValid(String name) throws TopicException {
        String problem = problem(name);
        if (problem != null) {
            throw new TopicException(TopicException.Reason.INVALID, "topic name '" + name + "' " + problem);
        }
    }

    static boolean isValid(String name) {
        return problem(name) == null;
    }

    private static String problem(String name) {
        if (name.isEmpty() || name.length() > MAX_CHARS) {
            return "must have 1 to " + MAX_CHARS + " characters";
        }
        if (!VALID.matcher(name).matches()) {
            return "may hold letters, digits and . _ - % @ + only";
        }
        if (name.startsWith("__")) {
            return "may not begin with two underscores";
        }
        return name.equals(".") || name.equals("..") ? "is no directory name" : null;
    }
}
