// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings of all logs together.
 *
 * @param dataDirectory where logs lie, unless a topic has its own place
 * @param maxQueuedAppends more are refused as busy
 * @param maxQueuedBytes more are refused as busy
 * @param journalFileBytes size of one commit journal file; there are two
 * @param checkpointInterval recovery points are written so often
 * @param checkpointBytes and also when so much came in since; about as much may be left to be scanned by a crash
 * @param minFreeBytes with less room on the disk writes are refused
 * @param producerExpiry idempotent producers that were silent for longer are forgotten
 */
public record LogStoreConfig(
        Path dataDirectory,
        int brokerId,
        int maxQueuedAppends,
        long maxQueuedBytes,
        int journalFileBytes,
        Duration checkpointInterval,
        long checkpointBytes,
        long minFreeBytes,
        Duration producerExpiry) {}
