// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.util.List;

/** {@code docs/configuration.md}, made from {@link SettingTable}; a test compares the two. */
public final class ConfigurationPage {
    private static final String INTRODUCTION = """
            # Configuration

            This page is made from the table of settings that the broker itself checks against
            (`io.metaq.server.config.SettingTable`); a test fails when the two differ.

            A broker reads one ini file, `conf/server.ini` by default. It knows the sections `[system]`, `[zookeeper]` and
            one `[topic=NAME]` for each topic; a `*` in `NAME` makes the section a pattern for topics that are made at their
            first put. Lines that begin with `;` or `#` are comments. Numbers may be expressions, such as `1024*1024`, and
            may end with `k`, `m` or `g` (powers of 1024).

            The file is checked whole before a port is opened or a file made. Each problem is one line with the file, the
            line, the key, what was expected and, for a name that is not known, the nearest one that is:

            ```
            server.ini:14: key serverprot is unknown; the nearest known key is serverPort
            ```

            `scripts/metaq config check FILE` does that and starts nothing.

            The keys of MetaQ 1.4 keep their names, their meaning and their defaults; where a default is another one, the
            reason stands beside it. Topics can also be made and altered while the broker runs. What is set so wins over
            the file, key by key, and survives a restart; a topic deleted so stays deleted until it is made again. A topic
            keeps the partitions that it has on disk when the file says fewer.
            """;

    private ConfigurationPage() {}

    /** The whole page. */
    public static String markdown() {
        StringBuilder page = new StringBuilder(INTRODUCTION);
        section(page, "`[system]`", "The broker.", SettingTable.SYSTEM_ONLY);
        section(
                page,
                "`[topic=NAME]`, and `[system]` for all topics",
                "A topic's own section wins; what it does not say comes from `[system]`.",
                SettingTable.TOPIC);
        section(page, "`[zookeeper]`", "Where the broker registers, so that clients find it.", SettingTable.ZOOKEEPER);
        return page.toString();
    }

    private static void section(StringBuilder page, String title, String about, List<Setting> settings) {
        page.append("\n## ").append(title).append("\n\n").append(about).append("\n\n");
        page.append("| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
        settings.stream().filter(Setting::hasEffect).forEach(setting -> row(page, setting));
        List<Setting> ignored =
                settings.stream().filter(setting -> !setting.hasEffect()).toList();
        if (!ignored.isEmpty()) {
            page.append("\nTaken from MetaQ 1.4's files, without effect here (the log says so at each start):\n\n");
            ignored.forEach(setting -> page.append("- `")
                    .append(setting.key())
                    .append("`: ")
                    .append(setting.documentation())
                    .append('\n'));
        }
    }

    private static void row(StringBuilder page, Setting setting) {
        String fallback = setting.defaultValue().isEmpty() ? "" : "`" + setting.defaultValue() + "`";
        page.append("| `")
                .append(setting.key())
                .append("` | ")
                .append(cell(setting.kind().expectation()))
                .append(" | ")
                .append(fallback)
                .append(" | ")
                .append(cell(setting.documentation()))
                .append(" |\n");
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("*", "\\*");
    }
}
