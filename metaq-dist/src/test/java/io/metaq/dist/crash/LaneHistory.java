// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import java.util.Arrays;

/** Which message was read at which offset, in the order of reading. Not thread-safe. */
final class LaneHistory {
    private long[] offsets = new long[64];
    private long[] messages = new long[64];
    private int size;

    void add(long offset, long message) {
        if (size == offsets.length) {
            offsets = Arrays.copyOf(offsets, size * 2);
            messages = Arrays.copyOf(messages, size * 2);
        }
        offsets[size] = offset;
        messages[size] = message;
        size++;
    }

    int size() {
        return size;
    }

    long offset(int index) {
        return offsets[index];
    }

    long message(int index) {
        return messages[index];
    }
}
