// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import io.metaq.protocol.ProtocolLimits;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.LogStoreConfig;
import io.metaq.server.network.NetworkConfig;
import io.metaq.server.topic.TopicName;
import io.metaq.server.zookeeper.ZooKeeperConfig;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a broker's ini file whole; all of its problems are told at once, before anything is opened or created. */
public final class ConfigReader {
    private static final String SYSTEM = "system";
    private static final String ZOOKEEPER = "zookeeper";
    private static final String TOPIC = "topic=";
    private static final int MAX_LINE_BYTES = 4096;
    private static final Duration PRODUCER_EXPIRY = Duration.ofDays(7);

    private final ConfigProblems problems;
    private final String text;

    private ConfigReader(String file, String text) {
        this.problems = new ConfigProblems(file);
        this.text = text;
    }

    public static BrokerConfig read(Path file) throws ConfigException {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (MalformedInputException e) {
            throw new ConfigException(List.of(file + ": is not text in UTF-8"));
        } catch (IOException e) {
            throw new ConfigException(List.of(file + ": cannot be read: " + e));
        }
        return parse(file.toString(), text);
    }

    /** @param file only for messages */
    public static BrokerConfig parse(String file, String text) throws ConfigException {
        return new ConfigReader(file, text).build();
    }

    private BrokerConfig build() throws ConfigException {
        IniFile ini = IniFile.parse(text, problems);
        IniFile.Section empty = new IniFile.Section(SYSTEM, 0, Map.of());
        IniFile.Section systemSection = find(ini, SYSTEM, empty);
        Values system = Values.check(systemSection, null, SettingTable.SYSTEM, problems);
        Values zookeeper = Values.check(find(ini, ZOOKEEPER, empty), null, SettingTable.ZOOKEEPER, problems);
        Map<String, Values> topics = topics(ini, system);
        requireKnownSections(ini);
        if (!system.sets("brokerId") && !systemSection.entries().containsKey("brokerId")) {
            problems.add(
                    systemSection.line(),
                    "[system] brokerId is missing; expected is "
                            + Setting.find(SettingTable.SYSTEM, "brokerId")
                                    .orElseThrow()
                                    .kind()
                                    .expectation());
        }
        requireUsable(systemSection, system);
        requireConsistent(systemSection, system, topics);
        if (!problems.isEmpty()) {
            throw new ConfigException(problems.lines());
        }
        return config(system, zookeeper, topics, notes(ini));
    }

    private static IniFile.Section find(IniFile ini, String name, IniFile.Section otherwise) {
        return ini.sections().stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElse(otherwise);
    }

    private Map<String, Values> topics(IniFile ini, Values system) {
        Map<String, Values> topics = new LinkedHashMap<>();
        for (IniFile.Section section : ini.sections()) {
            if (section.name().startsWith(TOPIC)) {
                String name = section.name().substring(TOPIC.length()).strip();
                TopicName.problem(name.replace("*", "x")).ifPresent(problem -> problems.add(section.line(), problem));
                topics.put(name, Values.check(section, system, SettingTable.TOPIC, problems));
                requireUsable(section, Values.check(section, null, SettingTable.TOPIC, new ConfigProblems("")));
            }
        }
        return topics;
    }

    private void requireKnownSections(IniFile ini) {
        for (IniFile.Section section : ini.sections()) {
            String name = section.name();
            if (!name.equals(SYSTEM) && !name.equals(ZOOKEEPER) && !name.startsWith(TOPIC)) {
                problems.add(
                        section.line(),
                        "section [" + name + "] is unknown; the nearest known section is ["
                                + NearestName.of(name, List.of(SYSTEM, ZOOKEEPER, TOPIC + "name")) + "]");
            }
        }
    }

    private void requireUsable(IniFile.Section section, Values values) {
        IniFile.Entry entry = section.entries().get("dataPath");
        if (entry != null && DataPaths.syntaxProblem(entry.value()).isPresent()) {
            return; // reported with the other values
        }
        if (entry != null || section.name().equals(SYSTEM)) {
            DataPaths.problem(DataPaths.resolve(values.text("dataPath")))
                    .ifPresent(why -> problems.add(entry == null ? section.line() : entry.line(), "dataPath: " + why));
        }
    }

    /** What only two values together can get wrong. */
    private void requireConsistent(IniFile.Section section, Values system, Map<String, Values> topics) {
        long largestRecord = system.number("maxMessageSize") + RecordLayout.HEADER_BYTES;
        if (system.number("maxBatchSize") < largestRecord) {
            problems.add(
                    lineOf(section, "maxBatchSize", "maxMessageSize"),
                    "maxBatchSize = " + system.text("maxBatchSize") + " does not hold one message of maxMessageSize = "
                            + system.text("maxMessageSize") + "; expected is " + largestRecord + " or more");
        }
        long declared = topics.entrySet().stream()
                .filter(topic -> !IniTopics.isWildcard(topic.getKey()))
                .mapToLong(topic -> topic.getValue().number("numPartitions"))
                .sum();
        if (declared > system.number("maxPartitions")) {
            problems.add(
                    lineOf(section, "maxPartitions", "numPartitions"),
                    "maxPartitions = " + system.text("maxPartitions") + " is below the " + declared
                            + " partitions that the file's topics have together");
        }
    }

    private static int lineOf(IniFile.Section section, String key, String otherKey) {
        IniFile.Entry entry =
                section.entries().getOrDefault(key, section.entries().get(otherKey));
        return entry == null ? section.line() : entry.line();
    }

    private static List<String> notes(IniFile ini) {
        List<String> notes = new ArrayList<>();
        for (IniFile.Section section : ini.sections()) {
            List<Setting> table = section.name().equals(ZOOKEEPER) ? SettingTable.ZOOKEEPER : SettingTable.SYSTEM;
            for (IniFile.Entry entry : section.entries().values()) {
                Setting.find(table, entry.key())
                        .filter(setting -> !setting.hasEffect())
                        .ifPresent(setting -> notes.add(entry.key() + " (line " + entry.line()
                                + ") has no effect here: " + setting.documentation()));
            }
        }
        return notes;
    }

    private BrokerConfig config(Values system, Values zookeeper, Map<String, Values> topics, List<String> notes) {
        Path dataDirectory = DataPaths.resolve(system.text("dataPath"));
        return new BrokerConfig(
                system.integer("brokerId"),
                system.text("hostName"),
                dataDirectory,
                logStore(system, dataDirectory),
                network(system),
                zookeeper(zookeeper),
                new IniTopics(system, dataDirectory, topics),
                system.integer("maxPartitions"),
                system.integer("maxMessageSize"),
                system.integer("maxBatchSize"),
                system.integer("maxTransferSize"),
                system.isOn("updateConsumerOffsets"),
                system.millis("getHoldMs"),
                system.millis("maxFetchWaitMs"),
                system.text("httpHost"),
                system.integer("dashboardHttpPort"),
                text,
                notes,
                effective(system, zookeeper, topics));
    }

    private static List<EffectiveSetting> effective(Values system, Values zookeeper, Map<String, Values> topics) {
        List<EffectiveSetting> all = new ArrayList<>(system.effective(SYSTEM));
        all.addAll(zookeeper.effective(ZOOKEEPER));
        topics.forEach((name, values) -> all.addAll(values.effective(TOPIC + name)));
        return List.copyOf(all);
    }

    private static LogStoreConfig logStore(Values system, Path dataDirectory) {
        return new LogStoreConfig(
                dataDirectory,
                system.integer("brokerId"),
                system.integer("maxQueuedAppends"),
                system.number("maxQueuedBytes"),
                system.integer("journalFileSize"),
                system.millis("checkpointInterval"),
                system.number("minFreeBytes"),
                PRODUCER_EXPIRY);
    }

    private static NetworkConfig network(Values system) {
        int ioThreads = system.integer("ioThreads");
        return new NetworkConfig(
                null,
                system.integer("serverPort"),
                ioThreads == 0 ? Runtime.getRuntime().availableProcessors() : ioThreads,
                system.integer("maxConnections"),
                system.number("maxInFlightBytes"),
                system.integer("maxPendingRequests"),
                system.millis("idleTimeoutMs"),
                system.millis("stallTimeoutMs"),
                new ProtocolLimits(MAX_LINE_BYTES, system.integer("maxBatchSize")));
    }

    private static ZooKeeperConfig zookeeper(Values values) {
        String root = values.text("zk.zkRoot");
        String absolute = root.startsWith("/") ? root : "/" + root;
        return new ZooKeeperConfig(
                values.isOn("zk.zkEnable"),
                absolute.endsWith("/") ? absolute.substring(0, absolute.length() - 1) : absolute,
                values.text("zk.zkConnect"),
                values.integer("zk.embeddedPort"),
                values.millis("zk.zkSessionTimeoutMs"),
                values.millis("zk.zkConnectionTimeoutMs"));
    }
}
