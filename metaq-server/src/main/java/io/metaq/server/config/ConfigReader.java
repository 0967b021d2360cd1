// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import io.metaq.protocol.ProtocolLimits;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.LogStoreConfig;
import io.metaq.server.network.NetworkConfig;
import io.metaq.server.topic.TopicName;
import io.metaq.server.zookeeper.ZooKeeperConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
    private static final int MAX_FILE_BYTES = 4 << 20;
    private static final int MAX_LINE_BYTES = 4096;
    private static final Duration PRODUCER_EXPIRY = Duration.ofDays(7);

    private final ConfigProblems problems;
    private final String text;
    private final Map<String, List<Setting>> pluginSections;

    private ConfigReader(String file, String text, Map<String, List<Setting>> pluginSections) {
        this.problems = new ConfigProblems(file);
        this.text = text;
        this.pluginSections = pluginSections;
    }

    /** @param pluginSections the keys that plug-ins take, by the name of their section */
    public static BrokerConfig read(Path file, Map<String, List<Setting>> pluginSections) throws ConfigException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_FILE_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw new ConfigException(List.of(file + ": cannot be read: there is no such file"));
        } catch (IOException e) {
            throw new ConfigException(List.of(file + ": cannot be read: " + e.getMessage()));
        }
        if (bytes.length > MAX_FILE_BYTES) {
            throw new ConfigException(
                    List.of(file + ": is larger than " + MAX_FILE_BYTES + " bytes; that is no configuration"));
        }
        String text = decode(file, bytes);
        return parse(file.toString(), text, pluginSections);
    }

    /** A broker without plug-ins. */
    public static BrokerConfig read(Path file) throws ConfigException {
        return read(file, Map.of());
    }

    /**
     * @param file only for messages
     * @param pluginSections the keys that plug-ins take, by the name of their section
     */
    public static BrokerConfig parse(String file, String text, Map<String, List<Setting>> pluginSections)
            throws ConfigException {
        return new ConfigReader(file, text, pluginSections).build();
    }

    private static String decode(Path file, byte[] bytes) throws ConfigException {
        ByteBuffer source = ByteBuffer.wrap(bytes);
        CharBuffer text = CharBuffer.allocate(bytes.length);
        CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(source, text, true);
        text.flip();
        if (result.isError()) {
            long line = 1 + text.chars().filter(c -> c == '\n').count();
            throw new ConfigException(List.of(file + ":" + line + ": is not text in UTF-8; save the file as UTF-8"));
        }
        return text.toString();
    }

    /** A broker without plug-ins. */
    public static BrokerConfig parse(String file, String text) throws ConfigException {
        return parse(file, text, Map.of());
    }

    private BrokerConfig build() throws ConfigException {
        IniFile ini = IniFile.parse(text, problems);
        IniFile.Section empty = new IniFile.Section(SYSTEM, 0, Map.of());
        IniFile.Section systemSection = find(ini, SYSTEM, empty);
        SectionValues system = SectionValues.check(systemSection, null, SettingTable.SYSTEM, problems);
        SectionValues zookeeper =
                SectionValues.check(find(ini, ZOOKEEPER, empty), null, SettingTable.ZOOKEEPER, problems);
        Map<String, SectionValues> topics = topics(ini, system);
        Map<String, SectionValues> plugins = new LinkedHashMap<>();
        pluginSections.forEach((name, table) -> plugins.put(
                name,
                SectionValues.check(find(ini, name, new IniFile.Section(name, 0, Map.of())), null, table, problems)));
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
        return config(system, zookeeper, topics, plugins, notes(ini));
    }

    private static IniFile.Section find(IniFile ini, String name, IniFile.Section otherwise) {
        return ini.sections().stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElse(otherwise);
    }

    private Map<String, SectionValues> topics(IniFile ini, SectionValues system) {
        Map<String, SectionValues> topics = new LinkedHashMap<>();
        for (IniFile.Section section : ini.sections()) {
            if (section.name().startsWith(TOPIC)) {
                String name = section.name().substring(TOPIC.length()).strip();
                TopicName.problem(name.replace("*", "x")).ifPresent(problem -> problems.add(section.line(), problem));
                topics.put(name, SectionValues.check(section, system, SettingTable.TOPIC, problems));
                requireUsable(section, SectionValues.check(section, null, SettingTable.TOPIC, new ConfigProblems("")));
            }
        }
        return topics;
    }

    private void requireKnownSections(IniFile ini) {
        for (IniFile.Section section : ini.sections()) {
            String name = section.name();
            if (!name.equals(SYSTEM)
                    && !name.equals(ZOOKEEPER)
                    && !name.startsWith(TOPIC)
                    && !pluginSections.containsKey(name)) {
                List<String> known = new ArrayList<>(List.of(SYSTEM, ZOOKEEPER, TOPIC + "name"));
                known.addAll(pluginSections.keySet());
                problems.add(
                        section.line(),
                        "section [" + name + "] is unknown; the nearest known section is ["
                                + NearestName.of(name, known) + "]");
            }
        }
    }

    private void requireUsable(IniFile.Section section, SectionValues values) {
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
    private void requireConsistent(IniFile.Section section, SectionValues system, Map<String, SectionValues> topics) {
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

    private BrokerConfig config(
            SectionValues system,
            SectionValues zookeeper,
            Map<String, SectionValues> topics,
            Map<String, SectionValues> plugins,
            List<String> notes) {
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
                effective(system, zookeeper, topics, plugins),
                Map.copyOf(plugins));
    }

    private static List<EffectiveSetting> effective(
            SectionValues system,
            SectionValues zookeeper,
            Map<String, SectionValues> topics,
            Map<String, SectionValues> plugins) {
        List<EffectiveSetting> all = new ArrayList<>(system.effective(SYSTEM));
        all.addAll(zookeeper.effective(ZOOKEEPER));
        topics.forEach((name, values) -> all.addAll(values.effective(TOPIC + name)));
        plugins.forEach((name, values) -> all.addAll(values.effective(name)));
        return List.copyOf(all);
    }

    private static LogStoreConfig logStore(SectionValues system, Path dataDirectory) {
        return new LogStoreConfig(
                dataDirectory,
                system.integer("brokerId"),
                system.integer("maxQueuedAppends"),
                system.number("maxQueuedBytes"),
                system.integer("journalFileSize"),
                system.millis("checkpointInterval"),
                system.number("checkpointBytes"),
                system.number("minFreeBytes"),
                PRODUCER_EXPIRY);
    }

    private static NetworkConfig network(SectionValues system) {
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

    private static ZooKeeperConfig zookeeper(SectionValues values) {
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
