// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** Called once for each message, on a thread of the producer: it must not block. */
public interface SendMessageCallback {
    /** The broker answered; look at {@link SendResult#isSuccess()}. */
    void onMessageSent(SendResult result);

    /** No answer, or the message was never sent. */
    void onException(Throwable e);
}
