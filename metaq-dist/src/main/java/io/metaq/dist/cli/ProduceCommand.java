// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.metaq.client.Message;
import io.metaq.client.MessageProducer;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendResult;
import io.metaq.dist.process.BrokerAdmin;
import io.metaq.record.Compression;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "produce",
        mixinStandardHelpOptions = true,
        description = "Sends each line of standard input, or one --message, and says where it was stored.",
        footer = {
            "",
            "Examples:",
            "  echo hello | metaq produce test",
            "  metaq produce test --message 'hello' --key 42 --header source=shop"
        })
final class ProduceCommand implements Callable<Integer> {
    private static final int MAX_UNANSWERED = 1000;

    @Mixin
    private BrokerOption broker;

    @Parameters(paramLabel = "TOPIC")
    private String topic;

    @Option(names = "--message", paramLabel = "TEXT", description = "send this instead of standard input")
    private String message;

    @Option(names = "--key", paramLabel = "TEXT", description = "the messages' key; equal keys go to one partition")
    private String key;

    @Option(names = "--attribute", paramLabel = "TEXT", description = "the messages' attribute, as MetaQ 1.4 has it")
    private String attribute;

    @Option(names = "--header", paramLabel = "NAME=VALUE", description = "a header; repeatable")
    private Map<String, String> headers = new LinkedHashMap<>();

    @Option(names = "--partition", paramLabel = "N", description = "just this partition")
    private Integer partition;

    @Option(
            names = "--compression",
            paramLabel = "NAME",
            description = "one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Compression compression = Compression.NONE;

    @Option(names = "--json", description = "print one JSON object a message")
    private boolean json;

    @Option(names = "--quiet", description = "print nothing but errors")
    private boolean quiet;

    private int failures;
    private Partition target;

    @Override
    public Integer call() throws IOException, InterruptedException {
        requireBroker();
        try (MetaMessageSessionFactory sessions = broker.sessions();
                MessageProducer producer = sessions.createProducer(
                        ProducerConfig.builder().compression(compression).build())) {
            producer.publish(topic);
            target = partition == null ? null : find(sessions);
            if (message != null) {
                report(producer.send(build(message)));
            } else {
                sendLines(producer);
            }
        } catch (MetaClientException e) {
            throw new CommandFailure(ExitCode.BROKER, e.getMessage(), e);
        }
        return failures == 0 ? ExitCode.OK : ExitCode.BROKER;
    }

    /** A producer waits for a broker to come back; a person at a command line wants to know at once. */
    private void requireBroker() {
        try (BrokerAdmin admin = broker.admin()) {
            admin.requireReachable();
        } catch (BrokerAdmin.AdminException e) {
            throw new CommandFailure(ExitCode.BROKER, e.getMessage(), e);
        }
    }

    private Partition find(MetaMessageSessionFactory sessions) {
        return sessions.getPartitionsForTopic(topic).stream()
                .filter(known -> known.getPartition() == partition)
                .findFirst()
                .orElseThrow(
                        () -> new CommandFailure(ExitCode.USAGE, "topic " + topic + " has no partition " + partition));
    }

    private void sendLines(MessageProducer producer) throws IOException, InterruptedException {
        Deque<CompletableFuture<SendResult>> unanswered = new ArrayDeque<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            unanswered.add(producer.send(build(line)));
            boolean mayWaitLong = !in.ready();
            while (!unanswered.isEmpty()
                    && (mayWaitLong
                            || unanswered.size() >= MAX_UNANSWERED
                            || unanswered.peek().isDone())) {
                report(unanswered.remove());
            }
        }
        while (!unanswered.isEmpty()) {
            report(unanswered.remove());
        }
    }

    private Message build(String text) {
        Message.Builder builder = Message.builder(topic)
                .data(text.getBytes(StandardCharsets.UTF_8))
                .attribute(attribute)
                .key(key)
                .headers(headers);
        return (target == null ? builder : builder.partition(target)).build();
    }

    private void report(CompletableFuture<SendResult> answer) throws InterruptedException {
        String failure;
        try {
            SendResult result = answer.get();
            if (result.isSuccess()) {
                tell(result);
                return;
            }
            failure = result.getErrorMessage();
        } catch (ExecutionException e) {
            failure = e.getCause().getMessage();
        }
        if (failures == 0) {
            requireTopic(failure);
        }
        failures++;
        System.err.println("not stored: " + failure);
    }

    /** Without the topic nothing of the input can be stored, and the broker's words for one put would come for each line. */
    private void requireTopic(String failure) {
        try (BrokerAdmin admin = broker.admin()) {
            admin.describe(topic);
        } catch (BrokerAdmin.AdminException e) {
            String why = e.isRefusal() ? e.getMessage() + "; metaq topic create " + topic + " makes it" : failure;
            throw new CommandFailure(ExitCode.BROKER, "not stored: " + why, e);
        }
    }

    private void tell(SendResult result) {
        if (quiet) {
            return;
        }
        if (json) {
            ObjectNode node = Json.object()
                    .put("partition", result.getPartition().getPartition())
                    .put("offset", result.getOffset())
                    .put("id", result.getMessageId())
                    .put("durability", result.getDurability().name());
            Json.printLine(node);
        } else {
            Output.line(
                    "stored in partition " + result.getPartition().getPartition() + " at offset " + result.getOffset());
        }
    }
}
