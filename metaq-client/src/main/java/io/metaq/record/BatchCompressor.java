// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import org.xerial.snappy.Snappy;

/**
 * Compresses and inflates the inside of a batch. Inflating is bounded by the size the batch announces, which the caller has
 * checked; a stream that wants to be larger is refused, whatever its own headers say. Memory for that size is taken only when
 * so few compressed bytes can hold so much. Thread-safe.
 */
public final class BatchCompressor {
    /** A deflated match of 258 bytes costs two bits at least. */
    private static final int MAX_GZIP_RATIO = 1032;
    /** Each further 255 bytes of an LZ4 match cost one. */
    private static final int MAX_LZ4_RATIO = 255;
    /** A zstd block of one repeated byte has 128 KiB in four bytes. */
    private static final int MAX_ZSTD_RATIO = 32 * 1024;

    private BatchCompressor() {}

    public static byte[] compress(Compression compression, byte[] data) throws IOException {
        return switch (compression) {
            case NONE -> data;
            case GZIP -> gzip(data);
            case SNAPPY -> Snappy.compress(data);
            case LZ4 -> LZ4Factory.fastestInstance().fastCompressor().compress(data);
            case ZSTD -> Zstd.compress(data);
        };
    }

    private static byte[] gzip(byte[] data) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(data.length / 2 + 32);
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(data);
        }
        return bytes.toByteArray();
    }

    /** Inflates to exactly {@code size} bytes; throws an {@link IOException} for anything else. */
    public static byte[] inflate(Compression compression, byte[] data, int size) throws IOException {
        byte[] inflated;
        try {
            inflated = switch (compression) {
                case NONE -> data;
                case GZIP -> gunzip(data, size);
                case SNAPPY -> unsnappy(data, size);
                case LZ4 -> unlz4(data, size);
                case ZSTD -> unzstd(data, size);
            };
        } catch (LZ4Exception | ZstdException | IllegalArgumentException e) {
            throw new IOException("the batch is not sound " + compression.wireName() + ": " + e.getMessage(), e);
        }
        if (inflated.length != size) {
            throw new IOException("the batch inflates to " + inflated.length + " bytes, not to " + size);
        }
        return inflated;
    }

    private static void requirePlausible(byte[] data, int size, int maxRatio) throws IOException {
        if (size > (data.length + 1L) * maxRatio) {
            throw new IOException(
                    "the batch announces " + size + " bytes, which " + data.length + " compressed bytes cannot hold");
        }
    }

    private static byte[] gunzip(byte[] data, int size) throws IOException {
        requirePlausible(data, size, MAX_GZIP_RATIO);
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(data))) {
            byte[] inflated = new byte[size];
            int length = gzip.readNBytes(inflated, 0, size);
            if (length < size) {
                throw new IOException("the batch inflates to " + length + " bytes, not to " + size);
            }
            if (gzip.read() >= 0) {
                throw new IOException("the batch inflates to more than " + size + " bytes");
            }
            return inflated;
        }
    }

    private static byte[] unlz4(byte[] data, int size) throws IOException {
        requirePlausible(data, size, MAX_LZ4_RATIO);
        return LZ4Factory.fastestInstance().safeDecompressor().decompress(data, size);
    }

    private static byte[] unsnappy(byte[] data, int size) throws IOException {
        if (Snappy.uncompressedLength(data) != size) {
            throw new IOException(
                    "the batch inflates to " + Snappy.uncompressedLength(data) + " bytes, not to " + size);
        }
        return Snappy.uncompress(data);
    }

    private static byte[] unzstd(byte[] data, int size) throws IOException {
        if (data.length == 0) {
            throw new IOException("the batch has no zstd frame");
        }
        requirePlausible(data, size, MAX_ZSTD_RATIO);
        long announced = Zstd.getFrameContentSize(data);
        if (announced >= 0 && announced != size) {
            throw new IOException("the batch inflates to " + announced + " bytes, not to " + size);
        }
        byte[] inflated = new byte[size];
        long length = Zstd.decompressByteArray(inflated, 0, size, data, 0, data.length);
        if (Zstd.isError(length) || length != size) {
            throw new IOException("the batch inflates to another size than " + size);
        }
        return inflated;
    }
}
