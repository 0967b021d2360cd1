// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import io.metaq.record.RecordLayout;
import java.nio.ByteBuffer;

/** How long the record at a place is, header and payload together; the header must be sound. */
final class RecordBytes {
    private RecordBytes() {}

    static int at(ByteBuffer records, int position) {
        int payloadBytes = RecordLayout.payloadBytes(records, position);
        if (payloadBytes < 0) {
            throw new InvariantViolation("record with payload length " + payloadBytes + " reached the log");
        }
        return RecordLayout.recordBytes(payloadBytes);
    }
}
