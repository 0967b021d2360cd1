// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.StatusCode;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.log.DamagedRecordException;
import io.metaq.server.log.LogSlice;
import java.io.IOException;

/**
 * What a partition answers to "from this offset on": the rules that {@code get} and {@code fetch} share.
 *
 * <p>May block on the disk where {@link #mayBlock} says so.
 */
final class PartitionReader {
    /**
     * @param slice not null with 200
     * @param nextOffset with 301: where to go on
     * @param text with an error
     */
    record Answer(int code, LogSlice slice, long nextOffset, String text) {
        static Answer error(int code, String text) {
            return new Answer(code, null, -1, text);
        }

        static Answer moved(long offset) {
            return new Answer(StatusCode.MOVED, null, offset, "");
        }
    }

    private PartitionReader() {}

    /** Reading here may have to check bytes that were on disk before this start: not for an event loop. */
    static boolean mayBlock(LogHandle log, long offset) {
        return offset < log.visibleEnd() && log.log().needsVerification(offset);
    }

    /** @param answerMaxOffset how to answer an offset beyond the end: 301 with the end, or 404 */
    static Answer read(LogHandle log, long offset, int maxBytes, boolean answerMaxOffset) {
        long start = log.log().startOffset();
        long end = log.visibleEnd();
        if (offset < start) {
            return Answer.moved(start);
        }
        if (offset > end) {
            return answerMaxOffset || offset == Long.MAX_VALUE ? Answer.moved(end) : notFound(offset);
        }
        if (offset == end) {
            return notFound(offset);
        }
        try {
            long boundary = log.log().boundaryAtOrAfter(offset, end);
            if (boundary != offset) {
                return Answer.moved(boundary);
            }
            LogSlice slice = log.log().slice(offset, maxBytes, end);
            // Null: retention has just taken the segment away.
            return slice == null
                    ? Answer.moved(log.log().startOffset())
                    : new Answer(StatusCode.OK, slice, slice.nextOffset(), "");
        } catch (DamagedRecordException e) {
            return Answer.error(StatusCode.FAILED, "damaged record, not served: " + e.getMessage());
        } catch (IOException e) {
            return Answer.error(
                    StatusCode.FAILED, "cannot read log " + log.log().name() + ": " + e.getMessage());
        }
    }

    private static Answer notFound(long offset) {
        return Answer.error(StatusCode.NOT_FOUND, "Could not find message at position " + offset);
    }
}
