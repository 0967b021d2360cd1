// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.testkit.SeededCases;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A record is written and read at the same places, which are MetaQ 1.4's. */
class RecordLayoutTest {
    private static byte[] hex(String spaced) {
        return HexFormat.of().parseHex(spaced.replace(" ", ""));
    }

    @Test
    void aPlainRecordHasTheBytesOfTheOriginal() {
        byte[] payload = "hello".getBytes(StandardCharsets.US_ASCII);
        assertThat(record(payload, 0xB41A8CF21C400000L, 0))
                .isEqualTo(hex("00000005 3610A686 B41A8CF21C400000 00000000 68656C6C6F"));
    }

    @Test
    void aRecordWithAnAttributeHasTheBytesOfTheOriginal() {
        Attributes attributes = new Attributes("att", null, Map.of());
        ByteBuffer payload =
                ByteBuffer.allocate(11).put(attributes.encode()).put("body".getBytes(StandardCharsets.US_ASCII));
        assertThat(record(payload.array(), 0xB41A8CF234800000L, attributes.flag()))
                .isEqualTo(hex("0000000B 2EC42C28 B41A8CF234800000 00000001 00000003 617474 626F6479"));
    }

    private static byte[] record(byte[] payload, long messageId, int flag) {
        ByteBuffer record = ByteBuffer.allocate(RecordLayout.recordBytes(payload.length));
        RecordLayout.putHeader(record, payload.length, PayloadChecksum.of(payload), messageId, flag);
        return record.put(payload).array();
    }

    @Test
    void everyFieldIsReadWhereItWasWritten() {
        SeededCases.run(10_000, 41, random -> {
            int at = random.nextInt(50);
            int length = random.nextInt();
            int checksum = random.nextInt();
            long messageId = random.nextLong();
            int flag = random.nextInt();
            ByteBuffer buffer = ByteBuffer.allocate(at + RecordLayout.HEADER_BYTES);
            RecordLayout.putHeader(buffer.position(at), length, checksum, messageId, flag);
            assertThat(buffer.position()).isEqualTo(at + RecordLayout.HEADER_BYTES);
            assertThat(RecordLayout.payloadBytes(buffer, at)).isEqualTo(length);
            assertThat(RecordLayout.checksum(buffer, at)).isEqualTo(checksum);
            assertThat(RecordLayout.messageId(buffer, at)).isEqualTo(messageId);
            assertThat(RecordLayout.flag(buffer, at)).isEqualTo(flag);
        });
    }

    @Test
    void aBatchIsTheSameRecordsOneBehindTheOther() {
        SeededCases.run(1_000, 42, random -> {
            ByteBuf batch = RandomRecords.batch(random, 5, 100);
            ByteBuffer bytes = ByteBuffer.wrap(ByteBufUtil.getBytes(batch));
            int position = 0;
            for (int i = 0; i < 5; i++) {
                assertThat(RecordBatch.messageId(batch, position)).isEqualTo(RecordLayout.messageId(bytes, position));
                assertThat(RecordBatch.flag(batch, position)).isEqualTo(RecordLayout.flag(bytes, position));
                position += RecordBatch.recordBytes(batch, position);
            }
            assertThat(position).isEqualTo(batch.readableBytes());
        });
    }
}
