// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

/** A topic cannot be made, altered or deleted as asked; nothing has changed. The message says why. */
public final class TopicException extends Exception {
    private static final long serialVersionUID = 1L;

    /** What kind of refusal; decides the status code. */
    public enum Reason {
        INVALID,
        EXISTS,
        UNKNOWN
    }

    private final Reason reason;

    public TopicException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
