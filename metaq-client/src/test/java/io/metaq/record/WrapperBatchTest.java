// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import io.metaq.testkit.AllocationMeter;
import io.metaq.testkit.RandomBytes;
import io.metaq.testkit.SeededCases;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batches come back out of every compression; lies and bombs cost no more memory than they may announce. */
@Timeout(120)
class WrapperBatchTest {
    private static final int BOMB_BYTES = 64 << 20;
    private static final int MAX_BYTES = 1 << 20;
    /** Besides what it inflates to: a decompressor's own tables and the copy of the compressed bytes. */
    private static final int OVERHEAD_BYTES = 1 << 20;

    private static ByteBuf announcing(int recordCount, int size, byte[] compressed) {
        return Unpooled.buffer().writeInt(recordCount).writeInt(size).writeBytes(compressed);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void whatWasCompressedComesBack(Compression compression) {
        SeededCases.run(300, 61, random -> {
            int count = random.nextInt(20);
            ByteBuf records = RandomRecords.batch(random, count, 1 << random.nextInt(12));
            ByteBuf wrapped = WrapperBatch.compress(compression, records, count);
            assertThat(WrapperBatch.recordCount(wrapped)).isEqualTo(count);
            ByteBuf inflated = WrapperBatch.inflate(compression, wrapped, records.readableBytes());
            assertThat(inflated).isEqualTo(records);
            RecordBatch.validate(inflated, count, 1 << 12);
        });
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void oneByteMoreThanAllowedIsRefused(Compression compression) throws Exception {
        ByteBuf records = RandomRecords.batch(new SplittableRandom(4), 5, 100);
        ByteBuf wrapped = WrapperBatch.compress(compression, records, 5);
        assertThatThrownBy(() -> WrapperBatch.inflate(compression, wrapped, records.readableBytes() - 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("allowed");
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void aBombThatSaysItIsOneIsRefusedBeforeMemoryIsTaken(Compression compression) throws Exception {
        byte[] bomb = BatchCompressor.compress(compression, new byte[BOMB_BYTES]);
        for (int announced : new int[] {BOMB_BYTES, MAX_BYTES + 1, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
            requireRefused(compression, announcing(1, announced, bomb), 64 * 1024);
        }
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void aBombThatSaysItIsSmallTakesNoMoreThanItSaid(Compression compression) throws Exception {
        byte[] bomb = BatchCompressor.compress(compression, new byte[BOMB_BYTES]);
        for (int announced : new int[] {0, 1, 1000, MAX_BYTES}) {
            requireRefused(compression, announcing(1, announced, bomb), bomb.length + announced + OVERHEAD_BYTES);
        }
    }

    @Test
    void aZstdBombOfUnknownSizeTakesNoMoreThanItSaid() throws Exception {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (ZstdOutputStream zstd = new ZstdOutputStream(bomb)) {
            zstd.write(new byte[BOMB_BYTES]);
        }
        requireRefused(
                Compression.ZSTD,
                announcing(1, MAX_BYTES, bomb.toByteArray()),
                bomb.size() + MAX_BYTES + OVERHEAD_BYTES);
    }

    /** Otherwise a stream of tiny batches would make the broker take and drop the limit for each. */
    @ParameterizedTest
    @EnumSource(Compression.class)
    void aFewBytesThatSayTheyAreManyTakeNoMemory(Compression compression) throws Exception {
        byte[] few = BatchCompressor.compress(compression, new byte[10]);
        requireRefused(compression, announcing(1, MAX_BYTES, few), 128 * 1024);
    }

    private static void requireRefused(Compression compression, ByteBuf batch, long maxAllocatedBytes) {
        // The first refusal loads classes.
        assertThatThrownBy(() -> WrapperBatch.inflate(compression, batch, MAX_BYTES))
                .isInstanceOf(IOException.class);
        AllocationMeter meter = new AllocationMeter();
        IOException refusal = null;
        meter.start();
        try {
            WrapperBatch.inflate(compression, batch, MAX_BYTES);
        } catch (IOException e) {
            refusal = e;
        }
        long allocated = meter.allocatedBytes();
        assertThat(refusal).isNotNull();
        assertThat(allocated).as("bytes of heap for %s", refusal.getMessage()).isLessThan(maxAllocatedBytes);
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void brokenBatchesAreRefusedWithTheDocumentedException(Compression compression) throws Exception {
        ByteBuf records = RandomRecords.batch(new SplittableRandom(5), 8, 200);
        byte[] sound = ByteBufUtil.getBytes(WrapperBatch.compress(compression, records, 8));
        int[] refused = {0};
        SeededCases.run(30_000, 62, random -> {
            byte[] bytes = random.nextInt(5) == 0
                    ? ByteBufUtil.getBytes(announcing(8, random.nextInt(5000), RandomBytes.any(random, 300)))
                    : RandomBytes.mutated(random, sound);
            try {
                ByteBuf inflated = WrapperBatch.inflate(compression, Unpooled.wrappedBuffer(bytes), MAX_BYTES);
                assertThat(inflated.readableBytes()).isLessThanOrEqualTo(MAX_BYTES);
            } catch (IOException e) {
                refused[0]++;
            }
        });
        assertThat(refused[0]).isPositive();
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void aCompressionIsFoundByItsIdAndItsName(Compression compression) {
        assertThat(Compression.find(compression.id())).contains(compression);
        assertThat(Compression.find(compression.wireName())).contains(compression);
        assertThat(RecordFlags.compressionId(RecordFlags.wrapper(compression))).isEqualTo(compression.id());
        assertThat(RecordFlags.isWrapper(RecordFlags.wrapper(compression))).isTrue();
    }

    @Test
    void noOtherCompressionIsFound() {
        for (int id : new int[] {-1, 5, 6, 7, 8, Integer.MAX_VALUE}) {
            assertThat(Compression.find(id)).isEmpty();
        }
        for (String name : new String[] {"", "GZIP", "brotli", "none "}) {
            assertThat(Compression.find(name)).isEmpty();
        }
    }
}
