// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker killed with SIGKILL at random moments, under load, while it starts, and while it recovers, keeps every promise.
 *
 * <p>{@code -Dcrash.seed=N} repeats a run's plan; the kills fall at the same counts, though not on the same instructions.
 */
class CrashTest {
    private static final long SEED = Long.getLong("crash.seed", System.nanoTime());

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES)
    void nothingIsLostDoubledOrSwappedInThirtyCrashes() throws Exception {
        crash(30);
    }

    @Test
    @Tag("soak")
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void nothingIsLostDoubledOrSwappedInThreeHundredCrashes() throws Exception {
        crash(300);
    }

    private void crash(int rounds) throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        try (CrashRun run = new CrashRun(directory, SEED)) {
            run.begin();
            try {
                while (run.killsUnderLoad() < rounds) {
                    run.round(Crash.draw(random));
                }
                run.awaitAcknowledged(1000);
                run.finish();
                run.awaitSeen();
                CheckReport report = run.judge();

                System.out.println("seed " + SEED + ", kills under load " + run.killsUnderLoad() + ", while starting "
                        + run.killsWhileStarting() + ": " + report);
                assertThat(report.violations()).as(report.toString()).isEmpty();
                assertThat(report.readBack()).isEqualTo(report.acknowledged() + report.unacknowledgedButStored());
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "with -Dcrash.seed=" + SEED + " after " + run.killsUnderLoad()
                                + " kills under load; the broker's story ends with\n"
                                + lastOf(run.broker().story()),
                        e);
            }
        }
    }

    private static String lastOf(String story) {
        int most = 8000;
        return story.length() <= most ? story : story.substring(story.length() - most);
    }
}
