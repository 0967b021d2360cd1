// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Everything that is wrong with a configuration, one line each: file, line, key, what was expected. */
public final class ConfigProblems {
    private record Problem(int line, String what) {}

    private static final int MAX_TOLD = 100;
    private static final int MAX_CHARS = 1000;

    private final String file;
    private final List<Problem> problems = new ArrayList<>();

    public ConfigProblems(String file) {
        this.file = file;
    }

    /** @param line 0 when the problem is not in a line */
    void add(int line, String what) {
        problems.add(new Problem(line, what));
    }

    public boolean isEmpty() {
        return problems.isEmpty();
    }

    /** In the order of the file; those that are in no line come first. Of very many the first are told, and how many more. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>(problems.stream()
                .sorted(Comparator.comparingInt(Problem::line))
                .limit(MAX_TOLD)
                .map(problem -> file + (problem.line > 0 ? ":" + problem.line : "") + ": " + shortened(problem.what))
                .toList());
        if (problems.size() > MAX_TOLD) {
            lines.add(file + ": and " + (problems.size() - MAX_TOLD) + " more problems");
        }
        return lines;
    }

    private static String shortened(String what) {
        return what.length() <= MAX_CHARS ? what : what.substring(0, MAX_CHARS) + "...";
    }
}
