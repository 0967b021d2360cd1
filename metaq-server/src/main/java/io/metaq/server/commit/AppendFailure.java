// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

/**
 * Why an append was not acknowledged.
 *
 * @param reason decides the status code
 * @param message for the client: what, where, what to do
 */
public record AppendFailure(Reason reason, String message) {
    public enum Reason {
        /** Not stored; try later: the queue is full or the broker is closing. */
        BUSY,
        /** Not stored: no room on the disk. */
        DISK_FULL,
        /** The log is offline; unknown whether the records survive. */
        OFFLINE,
        /** Not stored: the batch does not follow the producer's last one. */
        OUT_OF_SEQUENCE
    }
}
