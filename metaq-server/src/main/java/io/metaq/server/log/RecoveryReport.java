// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.nio.file.Path;
import java.util.List;

/**
 * What opening a log found and did.
 *
 * @param scannedRecords sound records past the recovery point
 * @param scannedBytes bytes read to check them
 * @param cuts torn tails that were cut off, at most one
 * @param damage bytes that were once durable and now fail their checks; left in place, never served
 */
public record RecoveryReport(
        String log,
        long startOffset,
        long endOffset,
        long scannedRecords,
        long scannedBytes,
        List<Cut> cuts,
        List<Damage> damage) {
    /** @param savedAs the copy of what was cut; null when it was nothing but zeros, or could not be saved (then the log says why) */
    public record Cut(Path file, long position, long offset, long bytes, String why, Path savedAs) {}

    public record Damage(Path file, long position, long offset, String what) {}

    public boolean isUneventful() {
        return cuts.isEmpty() && damage.isEmpty();
    }
}
