// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

/** A promise that was broken. */
enum Verdict {
    /** Acknowledged, and not there. */
    LOST,
    /** Acknowledged, and there more than once. */
    DUPLICATED,
    /** Behind a later message of the same producer in the same partition. */
    OUT_OF_ORDER,
    /** Not the bytes that were sent, or bytes that nobody sent. */
    CORRUPTED,
    /** Never acknowledged, and there more than once. */
    UNACKNOWLEDGED_REPEATED,
    /** Acknowledged at an offset or a partition other than where it was read. */
    MISPLACED,
    /** The producer was told that it is not stored, and it is. */
    REFUSED_BUT_STORED,
    /** A consumer had seen it, and it is no longer there, or something else is in its place. */
    VANISHED
}
