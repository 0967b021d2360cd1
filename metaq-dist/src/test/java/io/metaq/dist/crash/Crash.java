// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import java.util.List;
import java.util.SplittableRandom;

/**
 * How a round ends and how the next begins, drawn from a seed.
 *
 * @param afterAcknowledged the end comes when so many more messages have been acknowledged
 * @param clean by SIGTERM, not by SIGKILL
 * @param killsWhileStarting the starts that follow are killed after these milliseconds each, whatever they do by then
 * @param abandons a producer gives up what is unanswered, and another takes its place
 * @param createsTopic a topic is made just before the end
 */
record Crash(
        int afterAcknowledged,
        boolean clean,
        List<Integer> killsWhileStarting,
        boolean abandons,
        boolean createsTopic) {
    private static final int MOST_ACKNOWLEDGED = 6000;
    private static final int SOON = 50;
    private static final int LONGEST_START_MS = 1800;

    static Crash draw(SplittableRandom random) {
        int most = random.nextInt(5) == 0 ? SOON : MOST_ACKNOWLEDGED;
        int kills = Math.max(0, random.nextInt(6) - 3);
        return new Crash(
                random.nextInt(1, most),
                random.nextInt(8) == 0,
                random.ints(kills, 0, LONGEST_START_MS).boxed().toList(),
                random.nextInt(4) == 0,
                random.nextInt(8) == 0);
    }
}
