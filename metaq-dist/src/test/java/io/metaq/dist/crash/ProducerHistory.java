// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import java.util.Arrays;

/** What one producer sent, in order, and what it was told. Not thread-safe. */
final class ProducerHistory {
    /** No answer, or one that says that the outcome is not known. */
    static final long UNANSWERED = -1;
    /** The answer says that it is not stored. */
    static final long REFUSED = -2;

    private int[] lanes = new int[1024];
    private long[] answers = new long[1024];
    private int size;

    /** @param lane a number of the checker's */
    void sent(int lane) {
        if (size == lanes.length) {
            lanes = Arrays.copyOf(lanes, size * 2);
            answers = Arrays.copyOf(answers, size * 2);
        }
        lanes[size] = lane;
        answers[size] = UNANSWERED;
        size++;
    }

    /** @param answer an offset, or one of the constants */
    void answered(int sequence, long answer) {
        answers[sequence] = answer;
    }

    int size() {
        return size;
    }

    int lane(int sequence) {
        return lanes[sequence];
    }

    long answer(int sequence) {
        return answers[sequence];
    }

    boolean isAcknowledged(int sequence) {
        return answers[sequence] >= 0;
    }
}
