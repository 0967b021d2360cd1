// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import io.metaq.record.RecordFlags;
import io.metaq.record.RecordLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * Walks the records of one file forward and checks each: a length that fits into the file, an id that is not zero, the
 * payload's checksum. Not thread-safe; the file's bytes in the range must not change meanwhile.
 *
 * <p>A run of zeros would pass as empty records (the CRC-32 of nothing is 0), hence the check of the id: no broker ever
 * gave out id 0.
 */
final class RecordScanner {
    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int CHECKSUM_MASK = 0x7FFF_FFFF;

    private final DiskFile file;
    private final long limit;
    private final ByteBuffer buffer;
    private final CRC32 crc = new CRC32();
    private long bufferPosition;

    private long position;
    private int payloadBytes;
    private long messageId;
    private int flag;
    private int messageCount;
    private String problem;

    /** From {@code position}, a record boundary, up to {@code limit}, both positions in the file. */
    RecordScanner(DiskFile file, long position, long limit) {
        this.file = file;
        this.position = position;
        this.limit = limit;
        this.buffer = ByteBuffer.allocate((int) Math.min(BUFFER_BYTES, Math.max(0, limit - position)))
                .limit(0);
    }

    /**
     * Checks the record at the current position. True: it is sound, the accessors describe it and {@link #advance} moves
     * behind it. False: the range has ended ({@link #problem} is null) or the record is not sound.
     */
    boolean check() throws IOException {
        problem = null;
        long left = limit - position;
        if (left <= 0) {
            return false;
        }
        if (left < RecordLayout.HEADER_BYTES) {
            return refuse("only " + left + " bytes of a header of " + RecordLayout.HEADER_BYTES);
        }
        if (!load(position, RecordLayout.HEADER_BYTES)) {
            return refuse("the file ends inside a header");
        }
        int at = (int) (position - bufferPosition);
        payloadBytes = RecordLayout.payloadBytes(buffer, at);
        int checksum = RecordLayout.checksum(buffer, at);
        messageId = RecordLayout.messageId(buffer, at);
        flag = RecordLayout.flag(buffer, at);
        messageCount = 1;
        if (payloadBytes < 0 || payloadBytes > left - RecordLayout.HEADER_BYTES) {
            return refuse("length " + payloadBytes + " does not fit into the " + left + " bytes that are left");
        }
        if (messageId == 0) {
            return refuse("message id 0");
        }
        int actual = payloadChecksum();
        if (problem == null && actual != checksum) {
            return refuse("checksum " + checksum + " but the payload's is " + actual);
        }
        return problem == null;
    }

    private int payloadChecksum() throws IOException {
        crc.reset();
        long from = position + RecordLayout.HEADER_BYTES;
        long to = from + payloadBytes;
        boolean first = true;
        while (from < to) {
            int piece = (int) Math.min(to - from, BUFFER_BYTES);
            if (!load(from, piece)) {
                refuse("the file ends inside a payload");
                return 0;
            }
            int at = (int) (from - bufferPosition);
            if (first && RecordFlags.isWrapper(flag) && piece >= Integer.BYTES) {
                messageCount = Math.max(1, buffer.getInt(at));
            }
            first = false;
            crc.update(buffer.slice(at, piece));
            from += piece;
        }
        return (int) crc.getValue() & CHECKSUM_MASK;
    }

    private boolean refuse(String why) {
        problem = why;
        return false;
    }

    /** Makes {@code bytes} at {@code from} available in the buffer; false when the file is shorter. */
    private boolean load(long from, int bytes) throws IOException {
        if (from >= bufferPosition && from + bytes <= bufferPosition + buffer.limit()) {
            return true;
        }
        buffer.clear();
        buffer.limit((int) Math.min(BUFFER_BYTES, limit - from));
        int read = file.read(buffer, from);
        buffer.position(0).limit(read);
        bufferPosition = from;
        return read >= bytes;
    }

    void advance() {
        position += recordBytes();
    }

    /** Goes on at another boundary, after damage. */
    void moveTo(long newPosition) {
        position = newPosition;
    }

    long position() {
        return position;
    }

    int recordBytes() {
        return RecordLayout.recordBytes(payloadBytes);
    }

    /**
     * Whether a record begins here, by what follows up to {@code end}. An empty record proves nothing, because zeros in the
     * middle of a payload look like one.
     */
    static boolean isBoundary(DiskFile file, long position, long end) throws IOException {
        RecordScanner scanner = new RecordScanner(file, position, end);
        while (scanner.check()) {
            if (scanner.payloadBytes > 0) {
                return true;
            }
            scanner.advance();
        }
        return scanner.position == end;
    }

    /**
     * Where the record at {@code position}, which is not sound, ends by its own length, if that leads to a boundary; -1 when
     * its length is of no use.
     */
    static long trustworthyEnd(DiskFile file, long position, long end) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(RecordLayout.HEADER_BYTES);
        if (end - position < header.capacity() || file.read(header, position) < header.capacity()) {
            return -1;
        }
        int payloadBytes = RecordLayout.payloadBytes(header, 0);
        if (payloadBytes < 0 || payloadBytes > end - position - RecordLayout.HEADER_BYTES) {
            return -1;
        }
        long next = position + RecordLayout.recordBytes(payloadBytes);
        return isBoundary(file, next, end) ? next : -1;
    }

    long messageId() {
        return messageId;
    }

    int flag() {
        return flag;
    }

    int messageCount() {
        return messageCount;
    }

    /** Why {@link #check} said no; null at the end of the range. */
    String problem() {
        return problem;
    }
}
