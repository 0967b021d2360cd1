// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.discovery;

/** MetaQ's nodes below its root. The layout is MetaQ 1.4's; {@code brokers/metaq} is ours. */
public record ZkPaths(String root) {
    public String brokerIds() {
        return root + "/brokers/ids";
    }

    public String publishers(String topic) {
        return root + "/brokers/topics-pub/" + topic;
    }

    public String subscribers(String topic) {
        return root + "/brokers/topics-sub/" + topic;
    }

    /** Topics of record format 2, where 1.4 clients do not look. */
    public String publishersOfFormat2(String topic) {
        return root + "/brokers/metaq/topics-pub/" + topic;
    }

    public String subscribersOfFormat2(String topic) {
        return root + "/brokers/metaq/topics-sub/" + topic;
    }

    public String members(String group) {
        return root + "/consumers/" + group + "/ids";
    }

    public String member(String group, String consumerId) {
        return members(group) + "/" + consumerId;
    }

    public String owner(String group, String topic, String partition) {
        return root + "/consumers/" + group + "/owners/" + topic + "/" + partition;
    }

    public String offset(String group, String topic, String partition) {
        return root + "/consumers/" + group + "/offsets/" + topic + "/" + partition;
    }
}
