// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One log: an unbroken run of records in segment files named by their base offset. CONTRACT SKELETON, being built.
 *
 * <p>Units: offsets and sizes are bytes. Threads: methods marked (writer) belong to the log writer; the others may be
 * called by any. Errors: after an {@link IOException} from append or force the caller takes the log offline.
 */
public final class SegmentedLog implements Closeable {
    /** The directory's name, {@code topic-partition} or {@code __name}. */
    public String name() {
        throw new UnsupportedOperationException();
    }

    public Watermarks watermarks() {
        throw new UnsupportedOperationException();
    }

    /** The smallest offset that is still there. */
    public long startOffset() {
        throw new UnsupportedOperationException();
    }

    /**
     * (writer) Appends whole records in storage layout, from position to limit, and rolls when the segment is full.
     * Returns the offset of the first; on return they are written, not forced. A failed write is cut off again.
     */
    public long append(ByteBuffer records, long timestampMs) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** (writer) fdatasync; on return {@code flushed == end}. After a failure never call it again. */
    public void force() throws IOException {
        throw new UnsupportedOperationException();
    }

    /** (writer) Bytes up to this offset are durable in another place, the commit journal. */
    public void advanceFlushed(long offset) {
        throw new UnsupportedOperationException();
    }

    /** (writer) Cuts everything from {@code offset}, a record boundary, on; durable on return. */
    public void truncateTo(long offset) throws IOException {
        throw new UnsupportedOperationException();
    }

    /**
     * Whole records from {@code offset} on, at most {@code maxBytes} of them but always at least one record, none beyond
     * {@code limitOffset}, none across a segment's end. {@code offset} must be a boundary, see {@link #boundaryAtOrAfter}.
     * Null when nothing is there. Never returns bytes that fail their checks: throws {@link DamagedRecordException}.
     */
    public LogSlice slice(long offset, int maxBytes, long limitOffset) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** True when {@link #slice} from here would read data this process has not verified yet: not for an event loop. */
    public boolean needsVerification(long offset) {
        throw new UnsupportedOperationException();
    }

    /** The first record boundary at or after {@code offset}, clamped to start and {@code limitOffset}. */
    public long boundaryAtOrAfter(long offset, long limitOffset) throws IOException {
        throw new UnsupportedOperationException();
    }

    /** The offset of the first record appended at or after this time; the end offset when there is none. */
    public long offsetAt(long timestampMs) throws IOException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException();
    }
}
