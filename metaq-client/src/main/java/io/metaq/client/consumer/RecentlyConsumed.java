// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import java.util.Arrays;

/** The ids of the last messages that were consumed. Not thread-safe. */
final class RecentlyConsumed {
    private static final int KEPT = 256;

    private final long[] ids = new long[KEPT];
    private int count;

    void add(long id) {
        ids[Math.floorMod(count++, KEPT)] = id;
    }

    boolean contains(long id) {
        return Arrays.stream(ids, 0, count < 0 ? KEPT : Math.min(count, KEPT)).anyMatch(each -> each == id);
    }
}
