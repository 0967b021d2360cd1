// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

/**
 * The log writer: drains what waits, writes each log once, forces once, settles. CONTRACT SKELETON, being built.
 *
 * <p>Order: appends of one thread to one log are stored in the order they were offered.
 */
public final class GroupCommit {
    /**
     * Queues an append; any thread, never blocks. False when the queue is full (by count or bytes): then nothing was
     * taken and the caller still owns the buffer.
     */
    public boolean offer(Append append) {
        throw new UnsupportedOperationException();
    }

    /** Runs a task on the writer thread, between two groups; for truncation, closing and checkpoints. */
    public void execute(Runnable task) {
        throw new UnsupportedOperationException();
    }
}
