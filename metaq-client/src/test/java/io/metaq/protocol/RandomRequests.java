// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.metaq.record.Compression;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Valid requests of every kind, with fields from all over their ranges. */
final class RandomRequests {
    private static final int MAX_BODY_BYTES = 300;

    /** One maker for each kind of request. */
    static final List<Function<RandomGenerator, Request>> KINDS = List.of(
            RandomRequests::put,
            r -> new Request.Get(name(r), name(r), r.nextInt(), r.nextLong(), r.nextInt(), r.nextInt()),
            r -> new Request.Offset(name(r), name(r), r.nextInt(), r.nextLong(), r.nextInt()),
            r -> new Request.Stats(r.nextBoolean() ? "" : name(r), r.nextInt()),
            r -> new Request.Version(r.nextInt()),
            r -> new Request.Quit(Integer.MAX_VALUE),
            RandomRequests::sync,
            RandomRequests::transaction,
            RandomRequests::batch,
            RandomRequests::fetch,
            r -> new Request.NewProducer(r.nextInt()),
            r -> new Request.Metadata(r.nextBoolean() ? "*" : name(r), r.nextInt()),
            r -> new Request.Seek(name(r), r.nextInt(), r.nextLong(), r.nextInt()),
            r -> new Request.Admin(name(r), text(r, 100), r.nextInt()));

    private RandomRequests() {}

    static Request any(RandomGenerator random) {
        return KINDS.get(random.nextInt(KINDS.size())).apply(random);
    }

    /** Any but quit, behind which a decoder reads nothing more. */
    static Request anyThatGoesOn(RandomGenerator random) {
        return Stream.generate(() -> any(random))
                .filter(request -> !(request instanceof Request.Quit))
                .findFirst()
                .orElseThrow();
    }

    static byte[] bytes(Request request) {
        ByteBuf frame = Unpooled.buffer();
        ByteBuf body = RequestEncoder.writeHeader(request, frame);
        if (body != null) {
            frame.writeBytes(body.duplicate());
        }
        return ByteBufUtil.getBytes(frame);
    }

    private static Request put(RandomGenerator random) {
        return new Request.Put(
                name(random),
                random.nextInt(),
                random.nextInt(),
                random.nextInt(),
                random.nextBoolean() ? null : "TX:" + word(random, 30),
                body(random),
                random.nextInt());
    }

    private static Request sync(RandomGenerator random) {
        return new Request.Sync(
                name(random),
                random.nextInt(),
                random.nextInt(),
                random.nextLong(),
                random.nextInt(-1, 2),
                body(random),
                random.nextInt());
    }

    private static Request transaction(RandomGenerator random) {
        OptionalInt timeout = random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt(1, 1 << 30));
        return new Request.Transaction(
                word(random, 60),
                word(random, 30),
                "COMMIT_ONE_PHASE",
                timeout,
                random.nextBoolean() ? null : "q" + word(random, 20),
                random.nextInt());
    }

    private static Request batch(RandomGenerator random) {
        Compression[] all = Compression.values();
        return new Request.BatchPut(
                name(random),
                random.nextInt(),
                random.nextInt(),
                all[random.nextInt(all.length)].wireName(),
                random.nextLong(),
                random.nextInt(),
                body(random),
                random.nextInt());
    }

    private static Request fetch(RandomGenerator random) {
        List<Request.FetchPartition> partitions = IntStream.range(0, random.nextInt(6))
                .mapToObj(i ->
                        new Request.FetchPartition(name(random), random.nextInt(), random.nextLong(), random.nextInt()))
                .toList();
        return new Request.Fetch(
                name(random), random.nextInt(), random.nextInt(), random.nextInt(), partitions, random.nextInt());
    }

    private static ByteBuf body(RandomGenerator random) {
        byte[] bytes = new byte[random.nextInt(MAX_BODY_BYTES)];
        random.nextBytes(bytes);
        return Unpooled.wrappedBuffer(bytes);
    }

    private static String name(RandomGenerator random) {
        int length = random.nextInt(50) == 0 ? 255 : random.nextInt(1, 20);
        return random.ints(length, '!', 0x7F)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** A field of any characters that may stand in a line. */
    private static String word(RandomGenerator random, int maxLength) {
        return text(random, maxLength).replaceAll("[ \r\n]", "_") + "x";
    }

    private static String text(RandomGenerator random, int maxLength) {
        return random.ints(random.nextInt(maxLength + 1), 0, 0x3000)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
