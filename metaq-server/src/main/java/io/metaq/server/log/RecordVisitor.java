// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

/** Told of each sound record that a recovery scans, in offset order; rebuilds what is derived from the log. */
@FunctionalInterface
public interface RecordVisitor {
    RecordVisitor NONE = (offset, messageId, flag, messageCount) -> {};

    /**
     * @param offset where the record begins in the log
     * @param messageCount 1, or for a wrapper the messages inside
     */
    void onRecord(long offset, long messageId, int flag, int messageCount);
}
