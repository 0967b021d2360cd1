// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.metaq.record.Attributes;
import io.metaq.server.commit.StoreVerifier;
import io.metaq.server.log.Disk;
import io.metaq.server.log.LogDump;
import io.metaq.server.log.LogVerifier;
import io.metaq.server.log.ReadOnlyDisk;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "log",
        mixinStandardHelpOptions = true,
        description = "Looks into the files of a broker, or of a broker of MetaQ 1.4. Changes nothing.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {LogCommand.Verify.class, LogCommand.Dump.class})
final class LogCommand implements Callable<Integer> {
    private static final String NAMES =
            "expected is a segment (00000000000000000000.meta), an archived one (.meta.arc) or a cut (.meta.cut-N)";

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(System.err);
        return ExitCode.USAGE;
    }

    private static CommandFailure cannotRead(Path path, IOException e) {
        String why = e instanceof NoSuchFileException ? "does not exist" : "cannot be read: " + e.getMessage();
        return new CommandFailure(ExitCode.USAGE, path + " " + why, e);
    }

    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = {
                "Checks every record and every index, and tells each damage with its file and position.",
                "Exit code 0 when all is sound, 1 when something is not."
            },
            footer = {
                "",
                "Examples:",
                "  metaq log verify ~/meta",
                "  metaq log verify ~/meta/orders-0",
                "  metaq log verify ~/meta/orders-0/00000000000000000000.meta"
            })
    static final class Verify implements Callable<Integer> {
        private static final long PROGRESS_NANOS = 2_000_000_000;
        private static final double MIB = 1 << 20;

        @Parameters(paramLabel = "DIR|FILE", description = "a data directory, a log in it, or one file of a log")
        private Path path;

        @Option(names = "--json", description = "print JSON")
        private boolean json;

        private final Disk disk = new ReadOnlyDisk();
        private final List<LogVerifier.Finding> findings = new ArrayList<>();
        private long totalBytes;
        private long checkedBytes;
        private long shownNanos = System.nanoTime();

        @Override
        public Integer call() {
            LogVerifier verifier = new LogVerifier(disk, this::onFinding, this::onBytesRead);
            try {
                if (Files.isDirectory(path)) {
                    verifyDirectory(verifier);
                } else {
                    verifyFile(verifier);
                }
            } catch (IOException e) {
                throw cannotRead(path, e);
            }
            show(verifier);
            return findings.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
        }

        private void verifyDirectory(LogVerifier verifier) throws IOException {
            List<Path> logs = StoreVerifier.logsIn(path, disk);
            if (logs.isEmpty()) {
                throw new CommandFailure(
                        ExitCode.USAGE, path + " holds no log: neither segments nor directories with segments");
            }
            for (Path log : logs) {
                totalBytes += LogVerifier.segmentBytes(log, disk);
            }
            new StoreVerifier(disk, verifier, this::onFinding).verify(path);
        }

        private void verifyFile(LogVerifier verifier) throws IOException {
            totalBytes = Files.size(path);
            if (!LogVerifier.holdsRecords(path)) {
                throw new CommandFailure(ExitCode.USAGE, path + " is no file of a log; " + NAMES);
            }
            verifier.verifyFile(path);
        }

        private void onFinding(LogVerifier.Finding finding) {
            findings.add(finding);
            if (!json) {
                System.out.printf(
                        "%s %s at position %d%s: %s%n",
                        name(finding),
                        finding.file(),
                        finding.position(),
                        finding.offset() < 0 ? "" : " (offset " + finding.offset() + ")",
                        finding.what());
            }
        }

        private static String name(LogVerifier.Finding finding) {
            return switch (finding.kind()) {
                case DAMAGE -> "damage";
                case TORN -> "torn";
                case INDEX -> "index";
            };
        }

        private void onBytesRead(long bytes) {
            checkedBytes += bytes;
            long now = System.nanoTime();
            if (now - shownNanos > PROGRESS_NANOS) {
                shownNanos = now;
                System.err.printf("  %,.0f of %,.0f MiB checked%n", checkedBytes / MIB, totalBytes / MIB);
            }
        }

        private void show(LogVerifier verifier) {
            if (json) {
                ObjectNode answer = Json.object();
                answer.put("path", path.toString())
                        .put("sound", findings.isEmpty())
                        .put("segments", verifier.segments())
                        .put("records", verifier.records())
                        .put("bytes", verifier.bytes());
                ArrayNode list = answer.putArray("findings");
                findings.forEach(finding -> {
                    ObjectNode node = list.addObject();
                    node.put("kind", name(finding))
                            .put("file", finding.file().toString())
                            .put("position", finding.position());
                    if (finding.offset() >= 0) {
                        node.put("offset", finding.offset());
                    }
                    node.put("what", finding.what());
                });
                Json.print(answer);
                return;
            }
            System.out.printf(
                    "%s: %,d records, %,d bytes in %,d files of records: %s%n",
                    path,
                    verifier.records(),
                    verifier.bytes(),
                    verifier.segments(),
                    findings.isEmpty() ? "all sound" : findings.size() + " findings");
        }
    }

    @Command(
            name = "dump",
            mixinStandardHelpOptions = true,
            description = {
                "Shows the records of one file. Damage is shown where it is, and passed.",
                "Exit code 1 when there was any."
            },
            footer = {"", "Example:", "  metaq log dump ~/meta/orders-0/00000000000000000000.meta --count 10 --payload"
            })
    static final class Dump implements Callable<Integer>, LogDump.Visitor {
        @Parameters(paramLabel = "FILE", description = "a segment, an archived one (.arc), or what was cut (.cut-N)")
        private Path file;

        @Option(
                names = "--from",
                paramLabel = "OFFSET",
                defaultValue = "0",
                description = "the first record that begins at or after this offset of the log")
        private long from;

        @Option(names = "--count", paramLabel = "N", description = "at most so many records; without it all")
        private long count = Long.MAX_VALUE;

        @Option(names = "--json", description = "print JSON, a line for each record")
        private boolean json;

        @Option(
                names = "--payload",
                description = "show payloads too: as text where they are UTF-8, else in base64; in JSON always base64")
        private boolean payload;

        private boolean damaged;

        @Override
        public Integer call() {
            if (!LogVerifier.holdsRecords(file) && Files.exists(file)) {
                throw new CommandFailure(ExitCode.USAGE, file + " is no file of a log; " + NAMES);
            }
            try {
                if (!Files.exists(file)) {
                    throw new NoSuchFileException(file.toString());
                }
                new LogDump(new ReadOnlyDisk()).dump(file, from, count, this);
            } catch (IOException e) {
                throw cannotRead(file, e);
            }
            return damaged ? ExitCode.FAILED : ExitCode.OK;
        }

        @Override
        public void onRecord(LogDump.Dumped record) {
            ByteBuf body = Unpooled.wrappedBuffer(record.payload());
            int storedBytes = body.readableBytes();
            Attributes attributes = attributes(record.flag(), body);
            if (json) {
                showJson(record, storedBytes, attributes, body);
                return;
            }
            StringBuilder line = new StringBuilder();
            line.append("offset=").append(record.offset());
            line.append(" id=").append(record.messageId());
            line.append(" bytes=").append(storedBytes);
            line.append(" flag=").append(record.flag());
            line.append(" checksum=").append(record.checksum());
            if (record.messageCount() > 1) {
                line.append(" messages=").append(record.messageCount());
            }
            append(line, "attribute", attributes.attribute());
            append(line, "key", attributes.key());
            if (!attributes.headers().isEmpty()) {
                line.append(" headers=").append(printable(attributes.headers().toString()));
            }
            if (payload) {
                line.append(" payload=").append(readable(body));
            }
            Output.line(line.toString());
        }

        /** MetaQ 1.4 lets applications use the flag as they like: what does not fit is all payload. */
        private static Attributes attributes(int flag, ByteBuf body) {
            int start = body.readerIndex();
            try {
                return Attributes.read(flag, body);
            } catch (IllegalArgumentException e) {
                body.readerIndex(start);
                return Attributes.NONE;
            }
        }

        private static void append(StringBuilder line, String name, String value) {
            if (value != null) {
                line.append(' ').append(name).append('=').append(printable(value));
            }
        }

        /** A terminal is shown no control characters. */
        private static String printable(String text) {
            return text.replaceAll("\\p{Cntrl}", "?");
        }

        private void showJson(LogDump.Dumped record, int storedBytes, Attributes attributes, ByteBuf body) {
            ObjectNode node = Json.object();
            node.put("offset", record.offset())
                    .put("position", record.position())
                    .put("id", record.messageId())
                    .put("bytes", storedBytes)
                    .put("flag", record.flag())
                    .put("checksum", record.checksum())
                    .put("messages", record.messageCount());
            if (attributes.attribute() != null) {
                node.put("attribute", attributes.attribute());
            }
            if (attributes.key() != null) {
                node.put("key", attributes.key());
            }
            if (!attributes.headers().isEmpty()) {
                ObjectNode headers = node.putObject("headers");
                attributes.headers().forEach(headers::put);
            }
            if (payload) {
                node.put("payload", base64(body));
            }
            Json.printLine(node);
        }

        private static String base64(ByteBuf body) {
            return Base64.getEncoder().encodeToString(ByteBufUtil.getBytes(body));
        }

        private static String readable(ByteBuf body) {
            try {
                String text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(ByteBufUtil.getBytes(body)))
                        .toString();
                return text.chars().anyMatch(Character::isISOControl) ? "base64:" + base64(body) : text;
            } catch (CharacterCodingException e) {
                return "base64:" + base64(body);
            }
        }

        @Override
        public void onDamage(long offset, long position, long bytes, String what) {
            damaged = true;
            if (json) {
                Json.printLine(Json.object()
                        .put("offset", offset)
                        .put("position", position)
                        .put("bytes", bytes)
                        .put("damage", what));
            } else {
                System.out.printf("offset=%d DAMAGE at position %d, %d bytes: %s%n", offset, position, bytes, what);
            }
        }
    }
}
