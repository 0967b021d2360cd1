// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** What could not be done, why, and what to do about it. Named as in MetaQ 1.4, so that catch clauses stay as they are. */
public class MetaClientException extends Exception {
    private static final long serialVersionUID = 1L;

    public MetaClientException(String message) {
        super(message);
    }

    public MetaClientException(String message, Throwable cause) {
        super(message, cause);
    }

    public MetaClientException(Throwable cause) {
        super(cause);
    }
}
