// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

/**
 * What is known about a log before it is opened.
 *
 * @param clean the broker stopped cleanly: nothing is scanned
 * @param recoveryPoint everything below was forced; a scan begins here. A record boundary; negative when unknown: then only
 *     the last segment is scanned
 * @param provenOffset bytes below are known to have been durable once (the commit journal says so); never cut
 */
public record RecoveryStart(boolean clean, long recoveryPoint, long provenOffset) {
    public static final RecoveryStart CLEAN = new RecoveryStart(true, Long.MAX_VALUE, 0);

    /** Nothing is known: scan the last segment whole, as MetaQ 1.4 did; earlier ones were forced when they were sealed. */
    public static final RecoveryStart UNKNOWN = new RecoveryStart(false, -1, 0);
}
