// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What the checker found.
 *
 * @param violations how often each promise was broken; empty when all were kept
 * @param examples a few of them, in words
 */
record CheckReport(
        long sent,
        long acknowledged,
        long unacknowledged,
        long unacknowledgedButStored,
        long readBack,
        long seenMeanwhile,
        Map<Verdict, Long> violations,
        List<String> examples) {
    CheckReport {
        violations = violations.isEmpty() ? Map.of() : new EnumMap<>(violations);
        examples = List.copyOf(examples);
    }
}
