// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.metaq.record.Attributes;
import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordFlags;
import io.metaq.record.RecordLayout;
import io.metaq.server.log.LogConfig;
import io.metaq.server.log.NioDisk;
import io.metaq.server.log.RecordVisitor;
import io.metaq.server.log.RecoveryStart;
import io.metaq.server.log.SegmentedLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogCommandTest {
    private static final int RECORD_BYTES = RecordLayout.HEADER_BYTES + "message 0".length();

    @TempDir
    Path data;

    private Path log;
    private Path segment;
    private SegmentedLog open;

    /** Ten messages, then one with attributes and one that is no text. */
    @BeforeEach
    void writeALog() throws IOException {
        log = data.resolve("orders-0");
        segment = log.resolve("00000000000000000000.meta");
        open = SegmentedLog.open(
                        log, new LogConfig(1 << 20, 512), RecoveryStart.UNKNOWN, RecordVisitor.NONE, new NioDisk())
                .log();
        for (int i = 0; i < 10; i++) {
            append(i + 1, 0, ("message " + i).getBytes(StandardCharsets.UTF_8));
        }
        Attributes attributes = new Attributes("colour\u0007", "key-1", Map.of("h", "v"));
        byte[] block = attributes.encode();
        append(11, attributes.flag(), join(block, "with attributes".getBytes(StandardCharsets.UTF_8)));
        append(12, RecordFlags.HAS_ATTRIBUTE, new byte[] {(byte) 0xFF, 1});
        open.close();
    }

    private static byte[] join(byte[] first, byte[] second) {
        return ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
    }

    private void append(long id, int flag, byte[] payload) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(RecordLayout.recordBytes(payload.length));
        RecordLayout.putHeader(record, payload.length, PayloadChecksum.of(payload), id, flag);
        open.append(record.put(payload).flip(), 1_000);
    }

    private record Result(int exitCode, String output) {
        JsonNode json() throws IOException {
            return new ObjectMapper().readTree(output);
        }
    }

    private static Result run(Object... arguments) {
        String[] words = new String[arguments.length + 1];
        words[0] = "log";
        for (int i = 0; i < arguments.length; i++) {
            words[i + 1] = arguments[i].toString();
        }
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        try (PrintStream capturing = new PrintStream(captured, true, StandardCharsets.UTF_8)) {
            System.setOut(capturing);
            System.setErr(capturing);
            return new Result(Metaq.run(words), captured.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private void flipInTheThird() throws IOException {
        byte[] bytes = Files.readAllBytes(segment);
        bytes[2 * RECORD_BYTES + RecordLayout.HEADER_BYTES] ^= 1;
        Files.write(segment, bytes);
    }

    @Test
    void soundFilesAreToldAsSound() throws IOException {
        for (Path path : new Path[] {data, log, segment}) {
            Result result = run("verify", path);
            assertThat(result.output()).contains("12 records").contains("all sound");
            assertThat(result.exitCode()).isZero();
        }
        JsonNode json = run("verify", data, "--json").json();
        assertThat(json.path("sound").asBoolean()).isTrue();
        assertThat(json.path("records").asInt()).isEqualTo(12);
        assertThat(json.path("findings")).isEmpty();
    }

    @Test
    void damageIsToldWithFileAndOffsetAndEndsWithOne() throws IOException {
        flipInTheThird();
        long offset = 2L * RECORD_BYTES;
        for (Path path : new Path[] {data, log, segment}) {
            Result result = run("verify", path);
            assertThat(result.output())
                    .contains("damage " + segment + " at position " + offset + " (offset " + offset + ")")
                    .contains("1 findings");
            assertThat(result.exitCode()).isEqualTo(1);
        }
        Result result = run("verify", data, "--json");
        assertThat(result.exitCode()).isEqualTo(1);
        JsonNode finding = result.json().path("findings").path(0);
        assertThat(finding.path("kind").asText()).isEqualTo("damage");
        assertThat(finding.path("file").asText()).isEqualTo(segment.toString());
        assertThat(finding.path("offset").asLong()).isEqualTo(offset);
    }

    @Test
    void whatIsNoLogIsAWrongCommandLine() throws IOException {
        Path empty = Files.createDirectory(data.resolve("empty"));
        for (Object[] arguments : new Object[][] {
            {"verify", empty},
            {"verify", data.resolve("missing")},
            {"verify", log.resolve("00000000000000000000.index")},
            {"dump", log.resolve("00000000000000000000.index")},
            {"dump", data.resolve("00000000000000000000.meta")},
            {"dump", log},
            {"dump"},
            {}
        }) {
            assertThat(run(arguments).exitCode()).as(Arrays.toString(arguments)).isEqualTo(2);
        }
    }

    @Test
    void recordsAreShownFromAnOffsetOn() {
        Result result = run("dump", segment, "--from", 3 * RECORD_BYTES, "--count", 2, "--payload");
        assertThat(result.exitCode()).isZero();
        assertThat(result.output().lines())
                .hasSize(2)
                .satisfiesExactly(
                        first -> assertThat(first)
                                .startsWith("offset=" + 3 * RECORD_BYTES + " id=4 bytes=9 flag=0")
                                .endsWith("payload=message 3"),
                        second -> assertThat(second).endsWith("payload=message 4"));
    }

    @Test
    void attributesAreShownAndNoControlCharactersReachATerminal() throws IOException {
        Result text = run("dump", segment, "--from", 10 * RECORD_BYTES, "--payload");
        assertThat(text.output().lines())
                .satisfiesExactly(
                        first -> assertThat(first)
                                .contains("attribute=colour? key=key-1 headers={h=v}")
                                .endsWith("payload=with attributes"),
                        second -> assertThat(second).endsWith("payload=base64:/wE="));
        Result json = run("dump", segment, "--from", 10 * RECORD_BYTES, "--count", 1, "--json", "--payload");
        JsonNode record = json.json();
        assertThat(record.path("attribute").asText()).isEqualTo("colour\u0007");
        assertThat(record.path("headers").path("h").asText()).isEqualTo("v");
        assertThat(new String(Base64.getDecoder().decode(record.path("payload").asText()), StandardCharsets.UTF_8))
                .isEqualTo("with attributes");
        assertThat(run("dump", segment).output()).doesNotContain("payload");
    }

    @Test
    void aDumpPassesDamage() throws IOException {
        flipInTheThird();
        Result result = run("dump", segment);
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output().lines()).hasSize(12);
        assertThat(result.output()).contains("offset=" + 2 * RECORD_BYTES + " DAMAGE at position");
        assertThat(run("dump", segment, "--json").output()).contains("\"damage\":\"checksum");
    }
}
