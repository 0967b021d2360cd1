// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.util.Arrays;

/**
 * Index entries that wait for their blocks to be forced, in order. A snapshot: one writer makes the next from the last, and
 * shares the array with it, since only slots behind {@code to} are ever filled.
 */
final class PendingEntries {
    static final PendingEntries NONE = new PendingEntries(new SparseIndex.Entry[0], 0, 0);
    private static final int LEAST_CAPACITY = 16;

    private final SparseIndex.Entry[] slots;
    private final int from;
    private final int to;

    private PendingEntries(SparseIndex.Entry[] slots, int from, int to) {
        this.slots = slots;
        this.from = from;
        this.to = to;
    }

    int count() {
        return to - from;
    }

    SparseIndex.Entry get(int i) {
        return slots[from + i];
    }

    /** To be called on the newest snapshot only. */
    PendingEntries with(SparseIndex.Entry entry) {
        if (to < slots.length) {
            slots[to] = entry;
            return new PendingEntries(slots, from, to + 1);
        }
        int capacity = Math.max(LEAST_CAPACITY, count() * 2);
        SparseIndex.Entry[] larger = Arrays.copyOf(Arrays.copyOfRange(slots, from, to), capacity);
        larger[count()] = entry;
        return new PendingEntries(larger, 0, count() + 1);
    }

    PendingEntries without(int first) {
        return first == count() ? NONE : new PendingEntries(slots, from + first, to);
    }

    /** Only the blocks that end at or before {@code position}. */
    PendingEntries endingAtMost(long position) {
        int keep = count();
        while (keep > 0 && get(keep - 1).endPosition() > position) {
            keep--;
        }
        return new PendingEntries(Arrays.copyOfRange(slots, from, from + keep), 0, keep);
    }

    /** The last block that begins at or before {@code position}; -1 when there is none. */
    int lastBeginningAtMost(long position) {
        int low = 0;
        int high = count();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (get(middle).position() > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low - 1;
    }
}
