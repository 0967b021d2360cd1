// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The checked values of one section; what is absent comes from the section it inherits from, or is the default. Immutable.
 *
 * <p>Asking for a key that is not in the section's table, or for a kind it does not have, is a bug and throws.
 */
public final class SectionValues {
    private final Map<String, String> values;
    private final SectionValues inherited;
    private final List<Setting> table;

    private SectionValues(Map<String, String> values, SectionValues inherited, List<Setting> table) {
        this.values = values;
        this.inherited = inherited;
        this.table = table;
    }

    /** Checks every entry; what is not as it should be is reported and left out. */
    static SectionValues check(
            IniFile.Section section, SectionValues inherited, List<Setting> table, ConfigProblems problems) {
        Map<String, String> sound = new HashMap<>();
        section.entries().values().forEach(entry -> {
            Optional<String> problem = problem(entry.key(), entry.value(), table);
            if (problem.isPresent()) {
                problems.add(entry.line(), problem.get());
            } else {
                sound.put(entry.key(), entry.value());
            }
        });
        return new SectionValues(sound, inherited, table);
    }

    /** Of values that somebody has checked. */
    static SectionValues of(Map<String, String> checked, SectionValues inherited, List<Setting> table) {
        return new SectionValues(Map.copyOf(checked), inherited, table);
    }

    /** What is wrong with a key and its value, as one line; empty when nothing is. */
    static Optional<String> problem(String key, String value, List<Setting> table) {
        Optional<Setting> setting = Setting.find(table, key);
        if (setting.isEmpty()) {
            if (key.startsWith("group.")) {
                return Optional.of(
                        "key " + key
                                + ": filter classes in the broker are not supported; filter in the consumer and remove the line");
            }
            return Optional.of("key " + key + " is unknown; the nearest known key is "
                    + NearestName.of(key, table.stream().map(Setting::key).toList()));
        }
        Setting.Kind kind = setting.get().kind();
        return kind.problem(value).map(why -> key + " = " + value + " " + why + "; expected is " + kind.expectation());
    }

    /** Null when neither a value nor a default is there. */
    public String text(String key) {
        String own = values.get(key);
        if (own != null) {
            return own;
        }
        if (inherited != null && Setting.find(inherited.table, key).isPresent()) {
            return inherited.text(key);
        }
        String fallback = Setting.find(table, key).orElseThrow().defaultValue();
        return fallback.isEmpty() ? null : fallback;
    }

    public long number(String key) {
        return NumberExpression.evaluate(text(key));
    }

    public int integer(String key) {
        return Math.toIntExact(number(key));
    }

    public boolean isOn(String key) {
        return Boolean.parseBoolean(text(key));
    }

    public Duration millis(String key) {
        return Duration.ofMillis(number(key));
    }

    boolean sets(String key) {
        return values.containsKey(key);
    }

    /** Every key of the table that has an effect, with the value that holds. */
    List<EffectiveSetting> effective(String section) {
        return table.stream()
                .filter(Setting::hasEffect)
                .map(setting -> new EffectiveSetting(
                        section,
                        setting.key(),
                        Objects.requireNonNullElse(text(setting.key()), ""),
                        source(setting.key())))
                .toList();
    }

    private EffectiveSetting.Source source(String key) {
        if (sets(key)) {
            return EffectiveSetting.Source.FILE;
        }
        return inherited != null && inherited.sets(key)
                ? EffectiveSetting.Source.INHERITED
                : EffectiveSetting.Source.DEFAULT;
    }
}
