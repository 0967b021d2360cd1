// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.log.Watermarks;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.Topic;
import io.metaq.server.topic.TopicRegistry;
import java.util.Comparator;
import java.util.List;

/** {@code stats}: what MetaQ 1.4's tools ask, in 1.4's lines and order. */
final class StatsHandler implements CommandHandler<Request.Stats> {
    private static final String HELP = """
            stats\r
            stats topics\r
            stats offsets\r
            stats realtime\r
            stats reset\r
            stats config\r
            stats <topic>\r
            """;

    private final TopicRegistry topics;
    private final CommandCounters counters;
    private final StatsSource source;

    StatsHandler(TopicRegistry topics, CommandCounters counters, StatsSource source) {
        this.topics = topics;
        this.counters = counters;
        this.source = source;
    }

    @Override
    public void handle(Request.Stats request, Exchange exchange) {
        String item = request.item();
        if (item.equals("config")) {
            exchange.result(StatusCode.OK, source.configText());
            return;
        }
        StringBuilder lines = new StringBuilder("STATS\r\n");
        switch (item) {
            case "" -> general(lines);
            case "topics" -> sortedTopics().forEach(topic -> topicLine(lines, topic));
            case "offsets" -> sortedTopics().forEach(topic -> offsetLines(lines, topic));
            case "realtime" -> realtime(lines);
            case "reset" -> {
                counters.reset();
                lines.append("reset ok\r\n");
            }
            case "help" -> lines.append(HELP);
            default -> oneTopic(lines, item);
        }
        exchange.result(StatusCode.OK, lines.append("END\r\n").toString());
    }

    private List<Topic> sortedTopics() {
        return topics.topics().stream()
                .sorted(Comparator.comparing(Topic::name))
                .toList();
    }

    private void general(StringBuilder lines) {
        CommandCounters.Figures all = counters.all();
        line(lines, "pid", ProcessHandle.current().pid());
        line(lines, "broker_id", source.brokerId());
        line(lines, "port", source.port());
        line(lines, "uptime", (System.currentTimeMillis() - source.startedMs()) / 1000);
        line(lines, "version", source.version());
        line(lines, "slave", false);
        line(lines, "curr_connections", source.connections().getAsInt());
        line(lines, "threads", Thread.activeCount());
        line(lines, "cmd_put", all.puts());
        line(lines, "cmd_get", all.gets());
        line(lines, "cmd_offset", all.offsets());
        line(lines, "tx_begin", 0);
        line(lines, "tx_xa_begin", 0);
        line(lines, "tx_commit", 0);
        line(lines, "tx_rollback", 0);
        line(lines, "get_miss", all.getMisses());
        line(lines, "put_failed", all.putsFailed());
        line(
                lines,
                "total_messages",
                sortedTopics().stream().mapToLong(StatsHandler::messages).sum());
        line(lines, "topics", topics.topics().size());
        line(lines, "config_checksum", source.configChecksum());
    }

    private static void topicLine(StringBuilder lines, Topic topic) {
        if (bytes(topic) == 0) {
            lines.append(topic.name()).append(" *Empty*\r\n");
            return;
        }
        lines.append(topic.name())
                .append(" partitions ")
                .append(topic.partitions().size())
                .append(" message_count ")
                .append(messages(topic))
                .append(" message_bytes ")
                .append(bytes(topic))
                .append(" accept_publish ")
                .append(topic.settings().acceptPublish())
                .append(" accept_subscribe ")
                .append(topic.settings().acceptSubscribe())
                .append("\r\n");
    }

    private static void offsetLines(StringBuilder lines, Topic topic) {
        for (Partition partition : topic.partitions()) {
            lines.append(topic.name())
                    .append(" part ")
                    .append(partition.index())
                    .append(" min_offset ")
                    .append(partition.log().log().startOffset())
                    .append(" max_offset ")
                    .append(partition.log().visibleEnd())
                    .append("\r\n");
        }
    }

    private void realtime(StringBuilder lines) {
        figures(lines, "", counters.all());
    }

    private static void figures(StringBuilder lines, String prefix, CommandCounters.Figures figures) {
        realtimeLine(lines, prefix + "realtime_put", figures.puts());
        realtimeLine(lines, prefix + "realtime_get", figures.gets());
        realtimeLine(lines, prefix + "realtime_offset", figures.offsets());
        realtimeLine(lines, prefix + "realtime_get_miss", figures.getMisses());
        realtimeLine(lines, prefix + "realtime_put_failed", figures.putsFailed());
        realtimeLine(
                lines, prefix + "realtime_message_size", figures.puts() == 0 ? 0 : figures.putBytes() / figures.puts());
    }

    /** As in 1.4, nothing counted is {@code null}. */
    private static void realtimeLine(StringBuilder lines, String name, long value) {
        line(lines, name, value == 0 ? "null" : value);
    }

    private void oneTopic(StringBuilder lines, String name) {
        Topic topic = topics.find(name).orElse(null);
        lines.append(name).append("\r\n");
        line(lines, "resultCode", topic == null ? 1 : bytes(topic) == 0 ? 2 : 0);
        line(lines, "partitions", topic == null ? 0 : topic.partitions().size());
        line(lines, "message_count", topic == null ? 0 : messages(topic));
        line(lines, "bytes", topic == null ? 0 : bytes(topic));
        if (topic != null) {
            figures(lines, "topic_", counters.of(name));
        }
    }

    private static void line(StringBuilder lines, String key, Object value) {
        lines.append(key).append(' ').append(value).append("\r\n");
    }

    private static long messages(Topic topic) {
        return topic.partitions().stream()
                .mapToLong(p -> p.log().appendedRecords())
                .sum();
    }

    private static long bytes(Topic topic) {
        return topic.partitions().stream()
                .mapToLong(p -> {
                    Watermarks marks = p.log().log().watermarks();
                    return marks.end() - p.log().log().startOffset();
                })
                .sum();
    }
}
