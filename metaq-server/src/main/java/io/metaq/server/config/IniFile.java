// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An ini file in MetaQ's dialect, with the line of everything: {@code [section]}, {@code [topic=name]}, {@code key=value},
 * comments behind {@code ;} or {@code #} at the start of a line.
 */
final class IniFile {
    /** One key's value and where it stands. */
    record Entry(String key, String value, int line) {}

    /** @param name {@code system}, {@code zookeeper}, {@code topic=orders} ... */
    record Section(String name, int line, Map<String, Entry> entries) {}

    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private final List<Section> sections;

    private IniFile(List<Section> sections) {
        this.sections = sections;
    }

    List<Section> sections() {
        return sections;
    }

    static IniFile parse(String text, ConfigProblems problems) {
        List<Section> sections = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int number = 0;
        String unmarked = text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
        for (String raw : unmarked.lines().toList()) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith(";") || line.startsWith("#")) {
                continue;
            }
            if (line.startsWith("[")) {
                openSection(sections, names, line, number, problems);
            } else {
                addEntry(sections, line, number, problems);
            }
        }
        return new IniFile(sections);
    }

    private static void openSection(
            List<Section> sections, Set<String> names, String line, int number, ConfigProblems problems) {
        if (!line.endsWith("]") || line.length() < 3) {
            problems.add(number, "'" + line + "' is no section; write [system], [zookeeper] or [topic=name]");
            return;
        }
        String name = line.substring(1, line.length() - 1).strip().replaceAll("\\s*=\\s*", "=");
        if (!names.add(name)) {
            problems.add(number, "section [" + name + "] stands twice");
        }
        sections.add(new Section(name, number, new LinkedHashMap<>()));
    }

    private static void addEntry(List<Section> sections, String line, int number, ConfigProblems problems) {
        int equals = line.indexOf('=');
        if (equals <= 0) {
            problems.add(number, "'" + line + "' is no setting; write key=value");
            return;
        }
        if (sections.isEmpty()) {
            problems.add(number, "'" + line + "' stands before the first section");
            return;
        }
        String key = line.substring(0, equals).strip();
        Entry entry = new Entry(key, line.substring(equals + 1).strip(), number);
        if (sections.get(sections.size() - 1).entries.put(key, entry) != null) {
            problems.add(number, "key " + key + " stands twice in this section");
        }
    }
}
