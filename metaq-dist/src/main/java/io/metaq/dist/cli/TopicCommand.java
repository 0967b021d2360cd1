// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.metaq.dist.process.BrokerAdmin;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "topic",
        mixinStandardHelpOptions = true,
        description = "Makes, shows, changes and deletes topics of a running broker.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            TopicCommand.Create.class,
            TopicCommand.ListAll.class,
            TopicCommand.Describe.class,
            TopicCommand.Alter.class,
            TopicCommand.Delete.class
        })
final class TopicCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(System.err);
        return ExitCode.USAGE;
    }

    /** What all of them share: a broker, a way to print, one question. */
    abstract static class Base implements Callable<Integer> {
        @Mixin
        private BrokerOption broker;

        @Option(names = "--json", description = "print JSON")
        private boolean json;

        abstract JsonNode ask(BrokerAdmin admin) throws BrokerAdmin.AdminException;

        abstract void show(JsonNode answer);

        @Override
        public Integer call() {
            try (BrokerAdmin admin = broker.admin()) {
                JsonNode answer = ask(admin);
                if (json) {
                    Json.print(answer);
                } else {
                    show(answer);
                }
                return ExitCode.OK;
            } catch (BrokerAdmin.AdminException e) {
                throw new CommandFailure(ExitCode.BROKER, e.getMessage(), e);
            }
        }

        static void showBrief(JsonNode topic) {
            System.out.printf(
                    "%-30s partitions %-5d format %d  publish %-5b subscribe %-5b %s%n",
                    topic.path("topic").asText(),
                    topic.path("numPartitions").asInt(),
                    topic.path("recordFormat").asInt(),
                    topic.path("acceptPublish").asBoolean(),
                    topic.path("acceptSubscribe").asBoolean(),
                    topic.path("unflushThreshold").asInt() <= 0 ? "sync" : "async");
        }
    }

    /** Settings as they would stand in a topic's section. */
    static final class Settings {
        @Option(names = "--partitions", paramLabel = "N", description = "how many partitions on this broker")
        private Integer partitions;

        @Option(
                names = "--set",
                paramLabel = "KEY=VALUE",
                description = "any key of a topic's section of the ini file, see docs/configuration.md; repeatable")
        private Map<String, String> settings = new LinkedHashMap<>();

        Map<String, String> all() {
            Map<String, String> all = new LinkedHashMap<>(settings);
            if (partitions != null) {
                all.put("numPartitions", Integer.toString(partitions));
            }
            return all;
        }
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = "Makes a topic; it survives restarts.",
            footer = {"", "Example: metaq topic create orders --partitions 4 --set deletePolicy=delete,24"})
    static final class Create extends Base {
        @Parameters(paramLabel = "TOPIC")
        private String topic;

        @Mixin
        private Settings settings;

        @Override
        JsonNode ask(BrokerAdmin admin) throws BrokerAdmin.AdminException {
            return admin.createTopic(topic, settings.all());
        }

        @Override
        void show(JsonNode answer) {
            showBrief(answer);
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the broker's topics.")
    static final class ListAll extends Base {
        @Override
        JsonNode ask(BrokerAdmin admin) throws BrokerAdmin.AdminException {
            return admin.run("topic-list", admin.object());
        }

        @Override
        void show(JsonNode answer) {
            answer.forEach(Base::showBrief);
        }
    }

    @Command(name = "describe", mixinStandardHelpOptions = true, description = "Shows a topic and its partitions.")
    static final class Describe extends Base {
        @Parameters(paramLabel = "TOPIC")
        private String topic;

        @Override
        JsonNode ask(BrokerAdmin admin) throws BrokerAdmin.AdminException {
            return admin.run("topic-describe", admin.object().put("topic", topic));
        }

        @Override
        void show(JsonNode answer) {
            showBrief(answer);
            System.out.printf(
                    "retention: %s after %s ms, at most %s bytes a partition (0: any), at %s%n",
                    answer.path("retention").asText(),
                    answer.path("retentionMs").asText(),
                    answer.path("retentionBytes").asText(),
                    answer.path("deleteWhen").asText());
            System.out.printf("%9s %14s %14s %8s  %s%n", "partition", "start", "end", "segments", "state");
            answer.path("partitions")
                    .forEach(partition -> System.out.printf(
                            "%9d %14d %14d %8d  %s%s%n",
                            partition.path("partition").asInt(),
                            partition.path("startOffset").asLong(),
                            partition.path("visibleEnd").asLong(),
                            partition.path("segments").asInt(),
                            partition.path("state").asText(),
                            partition.path("closed").asBoolean() ? ", closed" : ""));
        }
    }

    @Command(
            name = "alter",
            mixinStandardHelpOptions = true,
            description = "Changes a topic's settings; partitions can be added, not taken away.",
            footer = {"", "Example: metaq topic alter orders --partitions 8"})
    static final class Alter extends Base {
        @Parameters(paramLabel = "TOPIC")
        private String topic;

        @Mixin
        private Settings settings;

        @Override
        JsonNode ask(BrokerAdmin admin) throws BrokerAdmin.AdminException {
            ObjectNode arguments = admin.object().put("topic", topic);
            ObjectNode node = arguments.putObject("settings");
            settings.all().forEach(node::put);
            return admin.run("topic-alter", arguments);
        }

        @Override
        void show(JsonNode answer) {
            showBrief(answer);
        }
    }

    @Command(
            name = "delete",
            mixinStandardHelpOptions = true,
            description = "Deletes a topic and every message in it. There is no way back, so it wants --yes.")
    static final class Delete extends Base {
        @Parameters(paramLabel = "TOPIC")
        private String topic;

        @Option(names = "--yes", required = true, description = "yes, delete the messages")
        @SuppressWarnings("UnusedVariable") // required: saying it is what counts
        private boolean yes;

        @Override
        JsonNode ask(BrokerAdmin admin) throws BrokerAdmin.AdminException {
            return admin.run("topic-delete", admin.object().put("topic", topic));
        }

        @Override
        void show(JsonNode answer) {
            System.out.println("Deleted " + topic);
        }
    }
}
