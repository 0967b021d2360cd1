// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.metaq.client.ConsumerConfig;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.dist.process.BrokerAdmin;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "consume",
        mixinStandardHelpOptions = true,
        description = "Prints the messages of a topic, without a group: nothing is committed.",
        footer = {
            "",
            "Examples:",
            "  metaq consume test --from beginning",
            "  metaq consume test --from 2026-11-20T10:00:00Z --follow",
            "  metaq consume test --from 4096 --partition 0 --max 10 --json"
        })
final class ConsumeCommand implements Callable<Integer> {
    private static final int READ_BYTES = 1 << 20;
    private static final long IDLE_PAUSE_NANOS = 100_000_000L;

    @Mixin
    private BrokerOption broker;

    @Parameters(paramLabel = "TOPIC")
    private String topic;

    @Option(
            names = "--from",
            paramLabel = "WHERE",
            defaultValue = "beginning",
            description = "beginning, end, an offset, or a time like 2026-11-20T10:00:00Z (default: ${DEFAULT-VALUE})")
    private String from;

    @Option(names = "--partition", paramLabel = "N", description = "just this partition")
    private Integer partition;

    @Option(names = "--follow", description = "wait for more instead of ending at the end")
    private boolean follow;

    @Option(names = "--max", paramLabel = "N", description = "stop after so many messages")
    private long max = Long.MAX_VALUE;

    @Option(names = "--json", description = "print one JSON object a message; data that are no UTF-8 text are base64")
    private boolean json;

    private long printed;
    private int brokerId;

    @Override
    public Integer call() throws InterruptedException {
        if (max < 1) {
            throw new CommandFailure(ExitCode.USAGE, "--max " + max + ": expected is a number above 0");
        }
        try (BrokerAdmin admin = broker.admin();
                MetaMessageSessionFactory sessions = broker.sessions();
                MessageConsumer consumer = sessions.createConsumer(new ConsumerConfig("metaq-command-line"))) {
            Map<Integer, Long> ends = new TreeMap<>();
            Map<Integer, Long> next = start(admin, ends);
            read(consumer, next, ends);
        } catch (BrokerAdmin.AdminException | MetaClientException e) {
            throw new CommandFailure(ExitCode.BROKER, e.getMessage(), e);
        }
        return ExitCode.OK;
    }

    /** Where to begin, by partition; also notes where each ends now. */
    private Map<Integer, Long> start(BrokerAdmin admin, Map<Integer, Long> ends) throws BrokerAdmin.AdminException {
        Map<Integer, Long> starts = new TreeMap<>();
        JsonNode described = admin.describe(topic);
        brokerId = described.path("brokerId").asInt();
        for (JsonNode offsets : described.path("topics").path(0).path("offsets")) {
            int number = offsets.path("partition").asInt();
            if (partition == null || partition == number) {
                ends.put(number, offsets.path("end").asLong());
                starts.put(number, startOf(admin, number, offsets));
            }
        }
        if (starts.isEmpty()) {
            throw new CommandFailure(ExitCode.USAGE, "topic " + topic + " has no partition " + partition);
        }
        return starts;
    }

    private long startOf(BrokerAdmin admin, int number, JsonNode offsets) throws BrokerAdmin.AdminException {
        if (from.equals("beginning")) {
            return offsets.path("start").asLong();
        }
        if (from.equals("end")) {
            return offsets.path("end").asLong();
        }
        if (from.matches("\\d{1,18}")) {
            return boundary(admin, number, Long.parseLong(from));
        }
        try {
            return admin.seek(topic, number, Instant.parse(from).toEpochMilli());
        } catch (DateTimeParseException e) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "--from " + from + ": expected is beginning, end, an offset, or a time like 2026-11-20T10:00:00Z",
                    e);
        }
    }

    /** Says so when reading does not begin where it was asked to. */
    private long boundary(BrokerAdmin admin, int number, long wanted) throws BrokerAdmin.AdminException {
        long boundary = admin.boundaryAtOrAfter(topic, number, wanted);
        if (boundary != wanted) {
            System.err.println(
                    "partition " + number + ": no message begins at offset " + wanted + "; reading from " + boundary);
        }
        return boundary;
    }

    private void read(MessageConsumer consumer, Map<Integer, Long> next, Map<Integer, Long> ends)
            throws MetaClientException, InterruptedException {
        while (printed < max) {
            boolean any = false;
            for (Map.Entry<Integer, Long> position : next.entrySet()) {
                boolean mustHaveMore = position.getValue() < ends.get(position.getKey());
                if (printed < max && (follow || mustHaveMore)) {
                    boolean found = readOnce(consumer, position);
                    if (!found && mustHaveMore) {
                        throw new CommandFailure(
                                ExitCode.FAILED,
                                "topic " + topic + " partition " + position.getKey()
                                        + ": the broker has nothing to read at"
                                        + " offset " + position.getValue() + ", although it ends at "
                                        + ends.get(position.getKey()));
                    }
                    any |= found;
                }
            }
            if (!any && !follow) {
                return;
            }
            if (!any) {
                LockSupport.parkNanos(IDLE_PAUSE_NANOS);
            }
        }
    }

    /** Reads once from where the position is, and moves it. */
    private boolean readOnce(MessageConsumer consumer, Map.Entry<Integer, Long> position)
            throws MetaClientException, InterruptedException {
        MessageIterator messages =
                consumer.get(topic, new Partition(brokerId, position.getKey()), position.getValue(), READ_BYTES);
        if (messages == null) {
            return false;
        }
        while (messages.hasNext() && printed < max) {
            print(messages.next(), position.getKey());
            printed++;
        }
        position.setValue(messages.getNextOffset());
        return true;
    }

    private void print(Message message, int number) {
        if (!json) {
            Output.line(message.getData());
            return;
        }
        ObjectNode node = Json.object()
                .put("partition", number)
                .put("offset", message.getOffset())
                .put("id", message.getId())
                .put("key", message.getKey())
                .put("attribute", message.getAttribute());
        putData(node, message.getData());
        ObjectNode headers = node.putObject("headers");
        message.getHeaders().forEach(headers::put);
        Json.printLine(node);
    }

    /** As {@code text}, or as {@code base64} where it is none, so that nothing gets lost. */
    private static void putData(ObjectNode node, byte[] data) {
        try {
            node.put(
                    "text",
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(data))
                            .toString());
        } catch (CharacterCodingException e) {
            node.put("base64", data);
        }
    }
}
