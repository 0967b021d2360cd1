// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.testkit.RandomBytes;
import io.metaq.testkit.SeededCases;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Attribute, key and headers come back; an attribute alone has 1.4's bytes. */
class AttributesTest {
    private static String text(RandomGenerator random, int maxLength) {
        return random.ints(random.nextInt(maxLength + 1), 1, 0x3000)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static Attributes any(RandomGenerator random) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            headers.put(text(random, 10), text(random, 20));
        }
        return new Attributes(
                random.nextBoolean() ? null : text(random, 30),
                random.nextBoolean() ? null : text(random, 30),
                headers);
    }

    private static Attributes back(Attributes attributes) {
        return Attributes.read(attributes.flag(), Unpooled.wrappedBuffer(attributes.encode()));
    }

    @Test
    void whatWasSetComesBackAndThePayloadBehindIt() {
        SeededCases.run(20_000, 71, random -> {
            Attributes attributes = any(random);
            byte[] data = RandomBytes.any(random, 20);
            ByteBuf payload = Unpooled.wrappedBuffer(attributes.encode(), data);
            assertThat(Attributes.read(attributes.flag(), payload)).isEqualTo(attributes);
            assertThat(payload).isEqualTo(Unpooled.wrappedBuffer(data));
        });
    }

    @Test
    void headersKeepTheirOrder() {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("z", "1");
        headers.put("a", "2");
        headers.put("m", "");
        assertThat(back(new Attributes(null, null, headers)).headers().keySet()).containsExactly("z", "a", "m");
    }

    @Test
    void anAttributeAloneIsEncodedAsTheOriginalDoes() {
        SeededCases.run(5_000, 72, random -> {
            String attribute = text(random, 40);
            byte[] utf8 = attribute.getBytes(StandardCharsets.UTF_8);
            Attributes attributes = new Attributes(attribute, null, Map.of());
            assertThat(attributes.flag()).isEqualTo(1);
            assertThat(attributes.encode())
                    .isEqualTo(ByteBuffer.allocate(4 + utf8.length)
                            .putInt(utf8.length)
                            .put(utf8)
                            .array());
        });
    }

    @Test
    void nothingIsNothingAndTheEmptyAttributeIsOne() {
        assertThat(Attributes.NONE.flag()).isZero();
        assertThat(Attributes.NONE.encode()).isEmpty();
        Attributes empty = new Attributes("", null, Map.of());
        assertThat(empty.flag()).isEqualTo(1);
        assertThat(empty.encode()).containsExactly(0, 0, 0, 0);
        assertThat(back(empty)).isEqualTo(empty);
    }

    @Test
    void zeroCharactersAreKeptWhereTheyCanBe() {
        Attributes alone = new Attributes("a\u0000A-,", null, Map.of());
        assertThat(back(alone)).isEqualTo(alone);
        Attributes inKeyAndHeader = new Attributes("a", "k\u0000", Map.of("\u0000", "\u0000N"));
        assertThat(back(inKeyAndHeader)).isEqualTo(inKeyAndHeader);
        assertThatThrownBy(() -> new Attributes("a\u0000", "k", Map.of()).encode())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void applicationsOfTheOriginalMayUseTheFlagsBitsForThemselves() {
        byte[] block = new Attributes("plain", null, Map.of()).encode();
        assertThat(Attributes.read(0b11, Unpooled.wrappedBuffer(block)))
                .isEqualTo(new Attributes("plain", null, Map.of()));
        assertThat(Attributes.read(0b10, Unpooled.wrappedBuffer(block))).isEqualTo(Attributes.NONE);
    }

    @Test
    void aBlockThatDoesNotFitIsRefused() {
        for (int length : new int[] {6, 7, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
            ByteBuf payload = Unpooled.buffer().writeInt(length).writeBytes(new byte[5]);
            assertThatThrownBy(() -> Attributes.read(1, payload)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Attributes.read(1, Unpooled.wrappedBuffer(new byte[3])))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void brokenBlocksAreTakenAsPlainTextOrRefusedWithTheDocumentedException() {
        int[] refused = {0};
        SeededCases.run(200_000, 73, random -> {
            byte[] bytes = random.nextInt(5) == 0
                    ? RandomBytes.any(random, 60)
                    : RandomBytes.mutated(random, any(random).encode());
            ByteBuf payload = Unpooled.wrappedBuffer(bytes);
            try {
                Attributes.read(random.nextInt(4), payload);
            } catch (IllegalArgumentException e) {
                refused[0]++;
            }
        });
        assertThat(refused[0]).isPositive();
    }
}
