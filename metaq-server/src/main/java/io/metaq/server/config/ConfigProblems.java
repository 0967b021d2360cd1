// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.util.ArrayList;
import java.util.List;

/** Everything that is wrong with a configuration, one line each: file, line, key, what was expected. */
public final class ConfigProblems {
    private final String file;
    private final List<String> lines = new ArrayList<>();

    public ConfigProblems(String file) {
        this.file = file;
    }

    /** @param line 0 when the problem is not in a line */
    void add(int line, String what) {
        lines.add(file + (line > 0 ? ":" + line : "") + ": " + what);
    }

    public boolean isEmpty() {
        return lines.isEmpty();
    }

    /** In the order of the file. */
    public List<String> lines() {
        return List.copyOf(lines);
    }
}
