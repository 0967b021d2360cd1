// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import io.metaq.server.commit.FlushPolicy;
import io.metaq.server.log.LogConfig;
import io.metaq.server.topic.TopicDefaults;
import io.metaq.server.topic.TopicException;
import io.metaq.server.topic.TopicSettings;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The ini file's topics. A name with {@code *} is a wildcard for topics that may be made at their first put. */
final class IniTopics implements TopicDefaults {
    private static final String WILDCARD = "*";
    private static final String DATA_PATH = "dataPath";

    private final SectionValues system;
    private final Path systemDataPath;
    private final Map<String, SectionValues> sections;

    IniTopics(SectionValues system, Path systemDataPath, Map<String, SectionValues> sections) {
        this.system = system;
        this.systemDataPath = systemDataPath;
        this.sections = new LinkedHashMap<>(sections);
    }

    @Override
    public Set<String> declaredTopics() {
        return sections.keySet().stream().filter(name -> !isWildcard(name)).collect(Collectors.toSet());
    }

    @Override
    public Set<Path> otherDataDirectories() {
        return sections.values().stream()
                .map(values -> DataPaths.resolve(values.text(DATA_PATH)))
                .filter(path -> !path.equals(systemDataPath))
                .collect(Collectors.toSet());
    }

    @Override
    public Optional<TopicSettings> find(String topic) {
        return section(topic).map(this::settings);
    }

    private Optional<SectionValues> section(String topic) {
        SectionValues own = sections.get(topic);
        if (own != null) {
            return Optional.of(own);
        }
        return sections.entrySet().stream()
                .filter(entry -> isWildcard(entry.getKey()) && matches(entry.getKey(), topic))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    static boolean isWildcard(String name) {
        return name.contains(WILDCARD);
    }

    private static boolean matches(String pattern, String topic) {
        String[] parts = pattern.split(Pattern.quote(WILDCARD), -1);
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < parts.length; i++) {
            regex.append(i == 0 ? "" : ".*").append(Pattern.quote(parts[i]));
        }
        return topic.matches(regex.toString());
    }

    @Override
    public TopicSettings with(String topic, Map<String, String> changes) throws TopicException {
        if (changes.containsKey(DATA_PATH)) {
            throw new TopicException(
                    TopicException.Reason.INVALID,
                    DATA_PATH + " can be set in the ini file only: whoever makes a topic must not choose where the"
                            + " broker writes");
        }
        for (Map.Entry<String, String> change : changes.entrySet()) {
            Optional<String> problem = SectionValues.problem(change.getKey(), change.getValue(), SettingTable.TOPIC);
            if (problem.isPresent()) {
                throw new TopicException(TopicException.Reason.INVALID, problem.get());
            }
        }
        SectionValues inherited = section(topic).orElse(system);
        return settings(SectionValues.of(changes, inherited, SettingTable.TOPIC));
    }

    private TopicSettings settings(SectionValues values) {
        Path own = DataPaths.resolve(values.text(DATA_PATH));
        return new TopicSettings(
                values.integer("numPartitions"),
                values.integer("recordFormat"),
                values.isOn("acceptPublish"),
                values.isOn("acceptSubscribe"),
                values.isOn("stat"),
                new FlushPolicy(Math.max(0, values.integer("unflushThreshold")), values.millis("unflushInterval")),
                new LogConfig(values.number("maxSegmentSize"), values.integer("indexInterval")),
                RetentionRule.policy(
                        values.text("deletePolicy"), values.number("retentionBytes"), values.text("deleteWhen")),
                own.equals(systemDataPath) ? null : own);
    }
}
