// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.Disk;
import io.metaq.server.log.LogVerifier;
import io.metaq.server.log.SegmentedLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Checks a whole data directory without changing it: every log in it, and the files that logs share. A directory of MetaQ 1.4
 * has only the logs.
 */
public final class StoreVerifier {
    private final Disk disk;
    private final LogVerifier logs;
    private final Consumer<LogVerifier.Finding> onFinding;

    /** @param logs tells its findings to {@code onFinding} too */
    public StoreVerifier(Disk disk, LogVerifier logs, Consumer<LogVerifier.Finding> onFinding) {
        this.disk = disk;
        this.logs = logs;
        this.onFinding = onFinding;
    }

    /** The logs in a data directory, or the directory itself where it is one; empty when it is neither. */
    public static List<Path> logsIn(Path directory, Disk disk) throws IOException {
        if (SegmentedLog.isIn(directory, disk)) {
            return List.of(directory);
        }
        List<Path> found = new ArrayList<>();
        for (Path entry : disk.list(directory)) {
            if (disk.isDirectory(entry) && SegmentedLog.isIn(entry, disk)) {
                found.add(entry);
            }
        }
        return found;
    }

    /** Checks all that {@link #logsIn} finds, and what lies beside it. */
    public void verify(Path directory) throws IOException {
        for (Path log : logsIn(directory, disk)) {
            logs.verifyLog(log);
            verifyText(log.resolve(ProducerSnapshot.FILE));
        }
        verifyText(directory.resolve(RecoveryPoints.FILE));
        new CommitJournal(directory.resolve(LogStore.JOURNAL), 0, disk)
                .replay(
                        (log, offset, records) -> {},
                        damage -> onFinding.accept(new LogVerifier.Finding(
                                damage.torn() ? LogVerifier.Kind.TORN : LogVerifier.Kind.DAMAGE,
                                damage.file(),
                                damage.position(),
                                -1,
                                damage.what())));
    }

    private void verifyText(Path file) throws IOException {
        try {
            CheckedTextFile.read(file, disk);
        } catch (CheckedTextFile.DamagedException e) {
            onFinding.accept(
                    new LogVerifier.Finding(LogVerifier.Kind.DAMAGE, file, 0, -1, "the file fails its checksum"));
        }
    }
}
