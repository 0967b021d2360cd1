// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.metaq.record.RecordLayout;

/**
 * The most that a broker takes at once.
 *
 * @param maxMessageBytes a message's payload, attributes included; one record of it always fits into a batch
 * @param maxBatchBytes the records of a batch before they are compressed, and the body of any request
 */
public record SendLimits(int maxMessageBytes, int maxBatchBytes) {
    /** Nothing is known: an original broker, or one that was not asked yet. */
    public static final SendLimits UNANNOUNCED = new SendLimits(Integer.MAX_VALUE, Integer.MAX_VALUE);

    public SendLimits {
        if (maxMessageBytes < 0 || maxBatchBytes < RecordLayout.HEADER_BYTES) {
            throw new IllegalArgumentException(
                    "a broker cannot take at most " + maxMessageBytes + " and " + maxBatchBytes + " bytes");
        }
        maxMessageBytes = Math.min(maxMessageBytes, maxBatchBytes - RecordLayout.HEADER_BYTES);
    }
}
