// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.concurrent.Executor;

/** Takes messages of a subscribed topic: one call at a time for each partition, in the order of the log. */
public interface MessageListener {
    /**
     * Consumes one message. Returning means done. An exception, or {@link Message#setRollbackOnly()}, means that this message
     * is delivered again after a delay; later ones of its partition wait.
     *
     * <p>The name is spelled as in MetaQ 1.4, so that migrating is changing imports.
     */
    void recieveMessages(Message message) throws InterruptedException;

    /** Where to run; null runs on a thread of the consumer. */
    default Executor getExecutor() {
        return null;
    }
}
