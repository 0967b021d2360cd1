// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** A broker's figures, in the order it told them. */
public final class StatsResult {
    /** The value of a line that is only a name. */
    public static final String NO_VALUE = "NO VALUE";

    private final Map<String, String> values;

    private StatsResult(Map<String, String> values) {
        this.values = Collections.unmodifiableMap(values);
    }

    /** @param body lines ended by CRLF: a name and, behind the first space, its value */
    public static StatsResult parse(String body) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String line : body.split("\r\n", -1)) {
            if (!line.isEmpty() && !line.equals("STATS") && !line.equals("END")) {
                int space = line.indexOf(' ');
                values.put(
                        space < 0 ? line : line.substring(0, space), space < 0 ? NO_VALUE : line.substring(space + 1));
            }
        }
        return new StatsResult(values);
    }

    /** Null when the broker did not tell it. */
    public String getValue(String name) {
        return values.get(name);
    }

    public Map<String, String> getAllValues() {
        return values;
    }

    public Set<String> getStatsKeySet() {
        return values.keySet();
    }
}
