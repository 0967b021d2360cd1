// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** Bytes that came from a broker are not whole, undamaged records. They are never delivered. */
public final class InvalidMessageException extends MetaClientException {
    private static final long serialVersionUID = 1L;

    public InvalidMessageException(String message, Throwable cause) {
        super(message, cause);
    }
}
