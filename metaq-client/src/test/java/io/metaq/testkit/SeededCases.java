// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.testkit;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Runs many cases, each from a seed of its own. A case that fails names its seed; with {@code -Dmetaq.test.case=SEED} only
 * that case runs.
 */
public final class SeededCases {
    private static final String ONE_CASE = "metaq.test.case";
    private static final long STEP = 0x9E37_79B9_7F4A_7C15L;

    private SeededCases() {}

    /** What happens in a case; all its randomness comes from the generator. */
    @FunctionalInterface
    public interface Case {
        void run(RandomGenerator random) throws Exception;
    }

    public static void run(int count, long firstSeed, Case testCase) {
        Long only = Long.getLong(ONE_CASE);
        if (only != null) {
            runOne(only, testCase);
            return;
        }
        for (int i = 0; i < count; i++) {
            runOne(firstSeed + i * STEP, testCase);
        }
    }

    private static void runOne(long seed, Case testCase) {
        try {
            testCase.run(new SplittableRandom(seed));
        } catch (Exception | AssertionError e) {
            throw new AssertionError("repeat with -D" + ONE_CASE + "=" + seed + ": " + e, e);
        }
    }
}
