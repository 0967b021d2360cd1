// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import io.metaq.server.topic.Topic;
import io.metaq.server.topic.TopicSettings;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** Which ephemeral nodes a broker has, and what is in them. Source: MetaQ 1.4. */
final class BrokerNodes {
    private final RegistrationPaths paths;
    private final String brokerUrl;
    private final long configChecksum;

    BrokerNodes(RegistrationPaths paths, String brokerUrl, long configChecksum) {
        this.paths = paths;
        this.brokerUrl = brokerUrl;
        this.configChecksum = configChecksum;
    }

    /**
     * Path to data, in the order of creation: the broker's address first, for a client that finds a topic of a broker without
     * an address fails to send.
     */
    Map<String, String> of(Collection<Topic> topics) {
        Map<String, String> nodes = new LinkedHashMap<>();
        nodes.put(paths.master(), brokerUrl);
        nodes.put(paths.masterConfigChecksum(), Long.toString(configChecksum));
        topics.forEach(topic -> add(nodes, topic));
        return nodes;
    }

    private void add(Map<String, String> nodes, Topic topic) {
        TopicSettings settings = topic.settings();
        int count = topic.partitions().size();
        boolean plain = settings.recordFormat() == TopicSettings.PLAIN_RECORDS;
        // Exactly these two properties: a third one stops 1.4 clients.
        String json = "{\"numParts\":" + count + ",\"broker\":\"" + paths.brokerName() + "\"}";
        if (plain) {
            nodes.put(paths.child(paths.topics(), topic.name()), Integer.toString(count));
        }
        if (settings.acceptPublish()) {
            nodes.put(paths.child(plain ? paths.topicsPub() : paths.wrappedTopicsPub(), topic.name()), json);
        }
        if (settings.acceptSubscribe()) {
            nodes.put(paths.child(plain ? paths.topicsSub() : paths.wrappedTopicsSub(), topic.name()), json);
        }
    }
}
