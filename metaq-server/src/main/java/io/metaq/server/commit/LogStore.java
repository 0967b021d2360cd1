// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.LogConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;

/**
 * All logs of a broker: data directory lock, commit journal, checkpoints, clean-shutdown marker, recovery. CONTRACT
 * SKELETON, being built.
 */
public final class LogStore {
    /**
     * Opens or creates a log and recovers it. Not for event loops. Directories are {@code dataDirectory/name}.
     *
     * @param dataDirectory a topic may have its own; null for the broker's
     */
    public LogHandle open(String name, Path dataDirectory, LogConfig config, FlushPolicy policy) throws IOException {
        throw new UnsupportedOperationException();
    }

    public Optional<LogHandle> find(String name) {
        throw new UnsupportedOperationException();
    }

    public Collection<LogHandle> logs() {
        throw new UnsupportedOperationException();
    }

    /** Fails what waits, closes the log and deletes its files. Not for event loops. */
    public void delete(String name) throws IOException {
        throw new UnsupportedOperationException();
    }

    public GroupCommit writer() {
        throw new UnsupportedOperationException();
    }
}
