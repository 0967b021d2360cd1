// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.Partition;
import io.metaq.server.topic.Topic;
import io.metaq.server.topic.TopicRegistry;

/**
 * {@code metadata}: {@code {"brokerId", "broker", "topics": [{"name", "partitions", "format", "acceptPublish",
 * "acceptSubscribe", "offsets": [{"partition", "start", "end", "closed"}]}]}}; offsets only when one topic is asked for.
 */
final class MetadataHandler implements CommandHandler<Request.Metadata> {
    private static final String ALL = "*";

    private final TopicRegistry topics;
    private final CommandConfig config;
    private final ObjectMapper json = new ObjectMapper();

    MetadataHandler(TopicRegistry topics, CommandConfig config) {
        this.topics = topics;
        this.config = config;
    }

    @Override
    public void handle(Request.Metadata request, Exchange exchange) {
        boolean all = request.topic().equals(ALL);
        Topic one = topics.find(request.topic()).orElse(null);
        if (!all && one == null) {
            exchange.result(StatusCode.NOT_FOUND, "there is no topic " + request.topic());
            return;
        }
        ObjectNode answer = json.createObjectNode();
        answer.put("brokerId", config.brokerId()).put("broker", config.brokerUrl());
        ArrayNode list = answer.putArray("topics");
        if (all) {
            topics.topics().forEach(topic -> describe(list.addObject(), topic));
        } else {
            ObjectNode node = describe(list.addObject(), one);
            ArrayNode offsets = node.putArray("offsets");
            for (Partition partition : one.partitions()) {
                offsets.addObject()
                        .put("partition", partition.index())
                        .put("start", partition.log().log().startOffset())
                        .put("end", partition.log().visibleEnd())
                        .put("closed", partition.isClosed());
            }
        }
        try {
            exchange.result(StatusCode.OK, json.writeValueAsString(answer));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of our own making does not serialise", e);
        }
    }

    private static ObjectNode describe(ObjectNode node, Topic topic) {
        return node.put("name", topic.name())
                .put("partitions", topic.partitions().size())
                .put("format", topic.settings().recordFormat())
                .put("acceptPublish", topic.settings().acceptPublish())
                .put("acceptSubscribe", topic.settings().acceptSubscribe());
    }
}
