// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.discovery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.metaq.client.Partition;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the children of a topic's node: {@code <brokerId>-m} or {@code <brokerId>-s<k>} with {@code {"numParts":n,...}}. */
public final class TopicNodes {
    private static final Logger log = LoggerFactory.getLogger(TopicNodes.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private TopicNodes() {}

    /** The partitions that these children announce, sorted; a child that can't be read is left out, with a warning. */
    public static List<Partition> partitions(String topic, Map<String, byte[]> children, boolean mastersOnly) {
        Collection<Partition> partitions = new TreeSet<>();
        children.forEach((name, data) -> {
            String[] parts = name.split("-", -1);
            if (parts.length == 2 && (!mastersOnly || parts[1].equals("m"))) {
                try {
                    addAll(Integer.parseInt(parts[0]), numParts(data), partitions);
                } catch (NumberFormatException | JsonProcessingException e) {
                    log.warn("Left out an announcement topic={} node={} cause={}", topic, name, e.toString());
                }
            }
        });
        return new ArrayList<>(partitions);
    }

    private static int numParts(byte[] data) throws JsonProcessingException {
        JsonNode node = JSON.readTree(new String(data, StandardCharsets.UTF_8));
        return node.path("numParts").asInt(0);
    }

    private static void addAll(int brokerId, int numParts, Collection<Partition> partitions) {
        for (int number = 0; number < numParts; number++) {
            partitions.add(new Partition(brokerId, number));
        }
    }
}
