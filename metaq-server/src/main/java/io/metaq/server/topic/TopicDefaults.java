// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the configuration says of topics; implemented where settings are read. Immutable. */
public interface TopicDefaults {
    /** The topics of the ini file that have a name of their own, not a wildcard. */
    Set<String> declaredTopics();

    /** Where topics' logs may lie besides the broker's own data directory. */
    default Set<Path> otherDataDirectories() {
        return Set.of();
    }

    /** The settings the ini file gives a topic: its own section, else a wildcard section that matches; empty without one. */
    Optional<TopicSettings> find(String topic);

    /**
     * Settings for a topic made at run time: the ini file's for it, or else the broker's defaults, with these changed.
     *
     * @param changes keys and values as in a topic's section
     * @throws TopicException with {@code INVALID} for an unknown key or an impossible value
     */
    TopicSettings with(String topic, Map<String, String> changes) throws TopicException;
}
