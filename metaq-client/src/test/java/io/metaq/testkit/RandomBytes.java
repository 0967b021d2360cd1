// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Bytes as hostile or broken peers send them. */
public final class RandomBytes {
    private static final List<String> NUMBERS = List.of(
            "0",
            "-1",
            "-0",
            "-",
            "00000000000000000000000",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-2147483649",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999999999",
            "1e9",
            "0x10",
            "");

    private RandomBytes() {}

    public static byte[] any(RandomGenerator random, int maxLength) {
        byte[] bytes = new byte[random.nextInt(maxLength + 1)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Printable ASCII with many spaces and line ends: noise that looks like a protocol. */
    public static byte[] lines(RandomGenerator random, int maxLength) {
        byte[] bytes = new byte[random.nextInt(maxLength + 1)];
        for (int i = 0; i < bytes.length; i++) {
            int kind = random.nextInt(12);
            bytes[i] = (byte)
                    switch (kind) {
                        case 0, 1 -> ' ';
                        case 2 -> i % 2 == 0 ? '\r' : '\n';
                        case 3, 4, 5 -> random.nextInt('0', '9' + 1);
                        default -> random.nextInt('a', 'z' + 1);
                    };
        }
        return bytes;
    }

    /** The same with a few things wrong: bits flipped, bytes lost, doubled or put in, numbers replaced by extreme ones. */
    public static byte[] mutated(RandomGenerator random, byte[] original) {
        byte[] bytes = original;
        int times = 1 + random.nextInt(3);
        for (int i = 0; i < times; i++) {
            bytes = mutatedOnce(random, bytes);
        }
        return bytes;
    }

    private static byte[] mutatedOnce(RandomGenerator random, byte[] bytes) {
        if (bytes.length == 0) {
            return any(random, 8);
        }
        int at = random.nextInt(bytes.length);
        return switch (random.nextInt(7)) {
            case 0 -> flipped(bytes, at, random.nextInt(8));
            case 1 -> Arrays.copyOf(bytes, at);
            case 2 -> joined(Arrays.copyOf(bytes, at), any(random, 4), tail(bytes, at));
            case 3 -> joined(Arrays.copyOf(bytes, at), new byte[0], tail(bytes, Math.min(bytes.length, at + 1)));
            case 4 -> joined(bytes, new byte[0], tail(bytes, at));
            case 5 -> withField(bytes, random, new byte[] {bytes[at]});
            default ->
                withField(
                        bytes,
                        random,
                        NUMBERS.get(random.nextInt(NUMBERS.size())).getBytes(StandardCharsets.US_ASCII));
        };
    }

    /** A copy with one bit turned over. */
    public static byte[] flipped(byte[] bytes, int at, int bit) {
        byte[] copy = bytes.clone();
        copy[at] ^= (byte) (1 << bit);
        return copy;
    }

    /** Replaces one space-separated field of the first line. */
    private static byte[] withField(byte[] bytes, RandomGenerator random, byte[] field) {
        int lineEnd = 0;
        while (lineEnd < bytes.length && bytes[lineEnd] != '\r') {
            lineEnd++;
        }
        int from = random.nextInt(lineEnd + 1);
        while (from > 0 && bytes[from - 1] != ' ') {
            from--;
        }
        int to = from;
        while (to < lineEnd && bytes[to] != ' ') {
            to++;
        }
        return joined(Arrays.copyOf(bytes, from), field, tail(bytes, to));
    }

    private static byte[] tail(byte[] bytes, int from) {
        return Arrays.copyOfRange(bytes, from, bytes.length);
    }

    private static byte[] joined(byte[] first, byte[] second, byte[] third) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(first.length + second.length + third.length);
        out.writeBytes(first);
        out.writeBytes(second);
        out.writeBytes(third);
        return out.toByteArray();
    }
}
