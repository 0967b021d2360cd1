// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is known to be forced, as of the last checkpoint: below the point of each log everything is in its files. Also the
 * greatest plain message id given out by then. One line a log: {@code offset name}.
 *
 * @param firstStart nothing was ever written down here: the directory is new, or MetaQ 1.4 wrote it
 * @param clean the broker stopped cleanly after writing this, and nothing has been opened since
 */
record RecoveryPoints(Map<String, Long> offsets, long lastMessageId, boolean clean, boolean firstStart) {
    static final String FILE = "recovery-points";
    private static final String CLEAN_MARKER = "clean-shutdown";
    /** There has never been a checkpoint. */
    static final RecoveryPoints NONE = new RecoveryPoints(Map.of(), 0, false, true);
    /** There was one, but nobody knows it any more. */
    static final RecoveryPoints DAMAGED = new RecoveryPoints(Map.of(), 0, false, false);

    static RecoveryPoints read(Path dataDirectory, Disk disk) throws IOException {
        Optional<String> text = CheckedTextFile.read(dataDirectory.resolve(FILE), disk);
        if (text.isEmpty()) {
            return NONE;
        }
        Map<String, Long> offsets = new TreeMap<>();
        long lastMessageId = 0;
        for (String line : text.get().lines().toList()) {
            int space = line.indexOf(' ');
            long number = Long.parseLong(line.substring(0, space));
            if (line.endsWith(" *")) {
                lastMessageId = number;
            } else {
                offsets.put(line.substring(space + 1), number);
            }
        }
        return new RecoveryPoints(offsets, lastMessageId, disk.exists(dataDirectory.resolve(CLEAN_MARKER)), false);
    }

    /** Durable on return. */
    void write(Path dataDirectory, Disk disk) throws IOException {
        StringBuilder text = new StringBuilder();
        text.append(lastMessageId).append(" *\n");
        offsets.forEach(
                (log, offset) -> text.append(offset).append(' ').append(log).append('\n'));
        CheckedTextFile.write(dataDirectory.resolve(FILE), text.toString(), disk);
        if (clean) {
            disk.create(dataDirectory.resolve(CLEAN_MARKER)).close();
            disk.forceDirectory(dataDirectory);
        }
    }

    /** From now on a crash is a crash. Durable on return. */
    static void removeCleanMarker(Path dataDirectory, Disk disk) throws IOException {
        Path marker = dataDirectory.resolve(CLEAN_MARKER);
        if (disk.exists(marker)) {
            disk.delete(marker);
            disk.forceDirectory(dataDirectory);
        }
    }
}
