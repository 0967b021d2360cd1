// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import io.metaq.server.commit.LogStoreConfig;
import io.metaq.server.network.NetworkConfig;
import io.metaq.server.topic.TopicDefaults;
import io.metaq.server.zookeeper.ZooKeeperConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Everything a broker is told, checked.
 *
 * @param hostName null: the first address that is not loopback
 * @param httpPort -1: none; 0: any free one
 * @param sourceText the ini file, for {@code stats config} and its checksum
 * @param notes keys that have no effect, one line each, for the log
 * @param effective every key with the value that holds
 * @param plugins the section of each plug-in, by its name
 */
public record BrokerConfig(
        int brokerId,
        String hostName,
        Path dataDirectory,
        LogStoreConfig logStore,
        NetworkConfig network,
        ZooKeeperConfig zookeeper,
        TopicDefaults topics,
        int maxPartitions,
        int maxMessageBytes,
        int maxBatchBytes,
        int maxTransferBytes,
        boolean answerMaxOffset,
        Duration getHold,
        Duration maxFetchWait,
        String httpHost,
        int httpPort,
        String sourceText,
        List<String> notes,
        List<EffectiveSetting> effective,
        Map<String, SectionValues> plugins) {}
