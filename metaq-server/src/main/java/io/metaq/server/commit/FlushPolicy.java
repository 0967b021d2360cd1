// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import java.time.Duration;

/**
 * When a log is forced to disk and what its acknowledgements wait for.
 *
 * @param unflushedRecords 0: every acknowledgement waits for a force (group commit). Otherwise acknowledge when written,
 *     and force after so many records
 * @param unflushedFor with unflushedRecords above 0: force at the latest after so long
 */
public record FlushPolicy(int unflushedRecords, Duration unflushedFor) {
    public static final FlushPolicy SYNC = new FlushPolicy(0, Duration.ZERO);

    public boolean isSync() {
        return unflushedRecords <= 0;
    }
}
