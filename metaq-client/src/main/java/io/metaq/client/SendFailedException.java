// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** A message was not acknowledged. {@link #outcome()} says whether it may be stored all the same. */
public final class SendFailedException extends MetaClientException {
    private static final long serialVersionUID = 1L;

    /** What is known about a message that was not acknowledged. */
    public enum Outcome {
        /** The broker never had it, or refused it: it is in no log. Sending it again can't duplicate it. */
        NOT_STORED,
        /** It may be stored or not; the producer never sends it again under another id. Sending it again may duplicate it. */
        UNKNOWN
    }

    private final Outcome outcome;
    private final int statusCode;

    /** @param statusCode the broker's answer, or 0 when there was none */
    public SendFailedException(String message, Outcome outcome, int statusCode, Throwable cause) {
        super(message, cause);
        this.outcome = outcome;
        this.statusCode = statusCode;
    }

    public Outcome outcome() {
        return outcome;
    }

    public int statusCode() {
        return statusCode;
    }
}
