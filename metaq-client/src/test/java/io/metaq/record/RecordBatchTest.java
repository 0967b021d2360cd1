// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.testkit.AllocationMeter;
import io.metaq.testkit.HeapBuffers;
import io.metaq.testkit.RandomBytes;
import io.metaq.testkit.SeededCases;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a batch must be to be taken; what is damaged is not. */
class RecordBatchTest {
    private static final int MAX_PAYLOAD_BYTES = 400;

    @Test
    void wholeRecordsAreTakenInAnyKindOfBuffer() {
        SeededCases.run(2_000, 51, random -> {
            int count = random.nextInt(8);
            byte[] bytes = ByteBufUtil.getBytes(RandomRecords.batch(random, count, MAX_PAYLOAD_BYTES));
            int split = random.nextInt(bytes.length + 1);
            ByteBuf pieces =
                    Unpooled.wrappedBuffer(Arrays.copyOf(bytes, split), Arrays.copyOfRange(bytes, split, bytes.length));
            ByteBuf direct = Unpooled.directBuffer(bytes.length).writeBytes(bytes);
            ByteBuf inside = Unpooled.buffer().writeZero(7).writeBytes(bytes).skipBytes(7);
            for (ByteBuf batch : new ByteBuf[] {Unpooled.wrappedBuffer(bytes), pieces, direct, inside}) {
                int readerIndex = batch.readerIndex();
                RecordBatch.validate(batch, count, MAX_PAYLOAD_BYTES);
                assertThat(batch.readerIndex()).isEqualTo(readerIndex);
                assertThat(batch.readableBytes()).isEqualTo(bytes.length);
                batch.release();
            }
        });
    }

    @Test
    void anotherCountThanAnnouncedIsRefused() {
        ByteBuf batch = RandomRecords.batch(new SplittableRandom(1), 3, 10);
        for (int count : new int[] {Integer.MIN_VALUE, -1, 0, 2, 4, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> RecordBatch.validate(batch, count, 10))
                    .isInstanceOf(RecordBatch.MalformedBatchException.class)
                    .hasMessageContaining("announced");
        }
    }

    @Test
    void aPayloadBeyondTheLimitIsRefused() {
        ByteBuf batch = HeapBuffers.ALLOCATOR.buffer();
        RandomRecords.append(batch, new byte[11], 1, 0);
        assertThatCode(() -> RecordBatch.validate(batch, 1, 11)).doesNotThrowAnyException();
        assertThatThrownBy(() -> RecordBatch.validate(batch, 1, 10)).hasMessageContaining("at most 10");
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] bytes = ByteBufUtil.getBytes(RandomRecords.batch(new SplittableRandom(2), 3, 60));
        for (int length = 0; length < bytes.length; length++) {
            ByteBuf cut = Unpooled.wrappedBuffer(Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> RecordBatch.validate(cut, 3, MAX_PAYLOAD_BYTES))
                    .as("cut to %d", length)
                    .isInstanceOf(RecordBatch.MalformedBatchException.class);
        }
    }

    /** Id and flag have no checksum in the record, as in 1.4; on disk the index's block checksums cover them too. */
    @Test
    void everyBitFlippedInLengthChecksumOrPayloadIsDetected() {
        SeededCases.run(30, 52, random -> {
            byte[] bytes = ByteBufUtil.getBytes(RandomRecords.batch(random, 2, 120));
            requireEveryFlipDetected(bytes, 2);
        });
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void everyBitFlippedInLengthChecksumOrPayloadOfAWrapperIsDetected(Compression compression) throws Exception {
        ByteBuf inside = RandomRecords.batch(new SplittableRandom(3), 6, 80);
        byte[] payload = ByteBufUtil.getBytes(WrapperBatch.compress(compression, inside, 6));
        ByteBuf wrapper = HeapBuffers.ALLOCATOR.buffer();
        RandomRecords.append(wrapper, payload, 77, RecordFlags.wrapper(compression));
        requireEveryFlipDetected(ByteBufUtil.getBytes(wrapper), 1);
    }

    private static void requireEveryFlipDetected(byte[] bytes, int count) {
        int recordStart = 0;
        while (recordStart < bytes.length) {
            int recordEnd = recordStart + RecordBatch.recordBytes(Unpooled.wrappedBuffer(bytes), recordStart);
            for (int at = recordStart; at < recordEnd; at++) {
                int inRecord = at - recordStart;
                if (inRecord >= RecordLayout.MESSAGE_ID_POSITION && inRecord < RecordLayout.HEADER_BYTES) {
                    continue;
                }
                for (int bit = 0; bit < 8; bit++) {
                    ByteBuf damaged = Unpooled.wrappedBuffer(RandomBytes.flipped(bytes, at, bit));
                    assertThatThrownBy(() -> RecordBatch.validate(damaged, count, 1 << 20))
                            .as("byte %d bit %d", at, bit)
                            .isInstanceOf(RecordBatch.MalformedBatchException.class);
                }
            }
            recordStart = recordEnd;
        }
    }

    @Test
    void brokenBatchesAreRefusedWithTheDocumentedExceptionAndWithoutTakingMemory() {
        AllocationMeter meter = new AllocationMeter();
        int[] refused = {0};
        SeededCases.run(200_000, 53, random -> {
            byte[] sound = ByteBufUtil.getBytes(RandomRecords.batch(random, 3, 60));
            byte[] bytes = random.nextInt(4) == 0 ? RandomBytes.any(random, 200) : RandomBytes.mutated(random, sound);
            ByteBuf batch = Unpooled.wrappedBuffer(bytes);
            meter.start();
            try {
                RecordBatch.validate(batch, 3, MAX_PAYLOAD_BYTES);
            } catch (RecordBatch.MalformedBatchException e) {
                refused[0]++;
            }
            if (refused[0] > 100) {
                assertThat(meter.allocatedBytes()).isLessThan(64 * 1024);
            }
        });
        assertThat(refused[0]).isGreaterThan(100_000);
    }
}
