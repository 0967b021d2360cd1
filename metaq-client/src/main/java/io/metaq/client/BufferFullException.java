// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** The producer's buffer had no room within {@code maxBlock}: the brokers do not keep up. The message was not taken. */
public final class BufferFullException extends MetaClientException {
    private static final long serialVersionUID = 1L;

    public BufferFullException(String message) {
        super(message);
    }
}
