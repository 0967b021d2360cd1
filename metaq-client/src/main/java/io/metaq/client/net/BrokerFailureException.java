// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import java.io.IOException;

/** A question got no answer. {@link #maybeExecuted()} says whether the broker may have done it all the same. */
public final class BrokerFailureException extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean maybeExecuted;

    public BrokerFailureException(String message, boolean maybeExecuted, Throwable cause) {
        super(message, cause);
        this.maybeExecuted = maybeExecuted;
    }

    /** False: not a byte of the question left this process. */
    public boolean maybeExecuted() {
        return maybeExecuted;
    }
}
