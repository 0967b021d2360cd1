// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Opens a log and speaks to it in payloads. Ids count up from 1 and do not know of earlier openings. */
final class LogFixture implements AutoCloseable {
    static final LogConfig SMALL = new LogConfig(1024, 128);

    final SegmentedLog log;
    final RecoveryReport report;
    private long nextId = 1;

    private LogFixture(SegmentedLog.Opened opened) {
        this.log = opened.log();
        this.report = opened.report();
    }

    static LogFixture open(Path directory, RecoveryStart start) throws IOException {
        return open(directory, SMALL, start, new NioDisk());
    }

    static LogFixture open(Path directory, LogConfig config, RecoveryStart start, Disk disk) throws IOException {
        return new LogFixture(SegmentedLog.open(directory, config, start, RecordVisitor.NONE, disk));
    }

    long append(String... payloads) throws IOException {
        return appendAt(1_000, payloads);
    }

    long appendAt(long timestampMs, String... payloads) throws IOException {
        int bytes = 0;
        for (String payload : payloads) {
            bytes += RecordLayout.recordBytes(payload.getBytes(StandardCharsets.UTF_8).length);
        }
        ByteBuffer records = ByteBuffer.allocate(bytes);
        for (String payload : payloads) {
            byte[] data = payload.getBytes(StandardCharsets.UTF_8);
            RecordLayout.putHeader(records, data.length, PayloadChecksum.of(data), nextId++, 0);
            records.put(data);
        }
        return log.append(records.flip(), timestampMs);
    }

    /** Everything from the start to the end, read slice by slice. */
    List<String> payloads() throws IOException {
        return payloadsFrom(log.startOffset(), 300);
    }

    List<String> payloadsFrom(long offset, int maxBytes) throws IOException {
        List<String> found = new ArrayList<>();
        long at = offset;
        while (at < log.watermarks().end()) {
            LogSlice slice = log.slice(at, maxBytes, log.watermarks().end());
            ByteBuffer bytes = ByteBuffer.allocate(slice.lengthBytes());
            slice.channel().read(bytes, slice.position());
            slice.release().run();
            bytes.flip();
            while (bytes.hasRemaining()) {
                int length = RecordLayout.payloadBytes(bytes, bytes.position());
                byte[] data = new byte[length];
                bytes.position(bytes.position() + RecordLayout.HEADER_BYTES);
                bytes.get(data);
                found.add(new String(data, StandardCharsets.UTF_8));
            }
            at = slice.nextOffset();
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        log.close();
    }
}
