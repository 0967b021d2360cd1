// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.util.List;

/**
 * Where things are in ZooKeeper. What MetaQ 1.4 clients read is as they expect it; format 2 topics, which they could not
 * read, are announced in a place of their own.
 */
final class RegistrationPaths {
    private final String root;
    private final int brokerId;

    RegistrationPaths(String root, int brokerId) {
        this.root = root;
        this.brokerId = brokerId;
    }

    /** Children must be decimal numbers only. */
    String brokerIds() {
        return root + "/brokers/ids";
    }

    /** Persistent; for clients before 1.4. */
    String broker() {
        return brokerIds() + "/" + brokerId;
    }

    String master() {
        return broker() + "/master";
    }

    String masterConfigChecksum() {
        return broker() + "/master_config_checksum";
    }

    String consumers() {
        return root + "/consumers";
    }

    String topics() {
        return root + "/brokers/topics";
    }

    String topicsPub() {
        return root + "/brokers/topics-pub";
    }

    String topicsSub() {
        return root + "/brokers/topics-sub";
    }

    /** Format 2 topics, for native clients. */
    String wrappedTopicsPub() {
        return root + "/brokers/metaq/topics-pub";
    }

    String wrappedTopicsSub() {
        return root + "/brokers/metaq/topics-sub";
    }

    /** Persistent nodes that are there before anybody looks for them: 1.4 consumers fail where the first is missing. */
    List<String> parents() {
        return List.of(brokerIds(), topics(), topicsPub(), topicsSub(), consumers(), broker());
    }

    /** Below each of them is a node for every topic; in the order in which this broker's nodes are taken away. */
    List<String> topicParents() {
        return List.of(topicsSub(), topicsPub(), topics(), wrappedTopicsPub(), wrappedTopicsSub());
    }

    /** This broker's name in topic nodes. */
    String brokerName() {
        return brokerId + "-m";
    }

    String child(String topicsPath, String topic) {
        return topicsPath + "/" + topic + "/" + brokerName();
    }
}
