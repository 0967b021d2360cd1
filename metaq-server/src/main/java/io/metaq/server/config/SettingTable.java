// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Every key the broker knows, section by section. */
public final class SettingTable {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final long YEAR_MS = 366L * 24 * 3600 * 1000;
    private static final Setting.Kind NO_EFFECT = new Setting.NoEffect();

    private static final Setting.Kind PATH = text("a path of a directory", DataPaths::syntaxProblem);
    private static final Setting.Kind HOST = matching("a host name or an address", "[A-Za-z0-9._:%-]+");
    private static final Setting.Kind HOSTS =
            matching("host:port, several with commas", "[^\\s,/]+(,[^\\s,/]+)*(/[^\\s,]*)?");
    private static final Setting.Kind NODE =
            matching("a path in ZooKeeper, such as /meta", "/|/?[\\w.-]+(/[\\w.-]+)*/?");
    private static final Setting.Kind POLICY = text(
            "delete,AGE or archive,AGE or archive,AGE,true (zipped), with AGE in hours, or with the suffix s, m or h",
            RetentionRule::policyProblem);
    private static final Setting.Kind CRON = text("a Quartz cron expression", RetentionRule::cronProblem);

    private SettingTable() {}

    private static Setting.Kind text(String expectation, Function<String, Optional<String>> check) {
        return new Setting.Text(expectation, check);
    }

    private static Setting.Kind matching(String expectation, String regex) {
        Pattern pattern = Pattern.compile(regex);
        return text(expectation, value -> {
            if (value.isEmpty()) {
                return Optional.of("is empty");
            }
            return pattern.matcher(value).matches() ? Optional.empty() : Optional.of("is something else");
        });
    }

    private static Setting.Kind whole(long least, long most, String unit) {
        return new Setting.Whole(least, most, unit);
    }

    private static Setting set(String key, Setting.Kind kind, String defaultValue, String documentation) {
        return new Setting(key, kind, defaultValue, documentation);
    }

    private static Setting on(String key, boolean defaultValue, String documentation) {
        return new Setting(key, new Setting.Switch(), Boolean.toString(defaultValue), documentation);
    }

    private static Setting none(String key, String why) {
        return new Setting(key, NO_EFFECT, "", why);
    }

    /** Keys of [system] that every [topic=...] section may set for itself; without it the system's value holds. */
    public static final List<Setting> TOPIC = List.of(
            set(
                    "numPartitions",
                    whole(1, 10_000, ""),
                    "1",
                    "Partitions of a topic on this broker. They can be added later, not taken away."),
            on("acceptPublish", true, "Whether producers may send to the topic."),
            on("acceptSubscribe", true, "Whether consumers find the topic."),
            on("stat", false, "MetaQ 1.4's switch for real-time figures; they are always counted here."),
            set(
                    "unflushThreshold",
                    whole(Integer.MIN_VALUE, Integer.MAX_VALUE, "messages"),
                    "0",
                    "0 or less: every acknowledgement waits until the message is forced to disk; concurrent ones share"
                            + " a force. Above 0: acknowledge when written, force after so many messages; a loss of"
                            + " power may then take acknowledged messages. MetaQ 1.4's default was 1000, which is why"
                            + " ours differs."),
            set(
                    "unflushInterval",
                    whole(1, YEAR_MS, "milliseconds"),
                    "10000",
                    "With unflushThreshold above 0: force at the latest after so long."),
            set(
                    "maxSegmentSize",
                    whole(64 * 1024, 4 * GIB, "bytes"),
                    "1073741824",
                    "A segment file that has reached this size is sealed and the next one begun."),
            set(
                    "indexInterval",
                    whole(512, MIB, "bytes"),
                    "16384",
                    "At least so many bytes between two entries of a segment's index."),
            set(
                    "deletePolicy",
                    POLICY,
                    "delete,168",
                    "What happens to sealed segments that are older than AGE. The newest segment always stays."),
            set(
                    "deleteWhen",
                    CRON,
                    "0 0 6,18 * * ?",
                    "When old segments are looked for: seconds minutes hours day month weekday."),
            set(
                    "retentionBytes",
                    whole(0, Long.MAX_VALUE, "bytes"),
                    "0",
                    "A partition larger than this loses its oldest segments. 0: no limit."),
            set(
                    "recordFormat",
                    whole(1, 2, ""),
                    "1",
                    "1: plain records, which every client can read; compressed batches are inflated before they are"
                            + " stored. 2: compressed batches stay as they are; only native clients can read the"
                            + " topic, and MetaQ 1.4 clients do not see it."),
            set(
                    "dataPath",
                    PATH,
                    "~/meta",
                    "Where the data lie; ~ is the user's home, a relative path is one from the working directory. It is"
                            + " made when its parent is there. A topic may have its own, in the file only. A directory"
                            + " that MetaQ 1.4 wrote opens in place."));

    /** Keys that stand in [system] only. */
    static final List<Setting> SYSTEM_ONLY = List.of(
            set("brokerId", whole(0, 1023, ""), "", "This broker's number, unique in the cluster. Required."),
            set(
                    "hostName",
                    HOST,
                    "",
                    "The host that clients connect to; it is registered in ZooKeeper. Without it: the first address"
                            + " that is not loopback."),
            set("serverPort", whole(0, 65_535, ""), "8123", "The port for clients. 0: any free one."),
            set(
                    "dashboardHttpPort",
                    whole(-1, 65_535, ""),
                    "8120",
                    "The port of /metrics and /health over HTTP, on httpHost. 0: any free one; -1: none."),
            set("httpHost", HOST, "127.0.0.1", "The address that the HTTP port listens on."),
            set(
                    "maxTransferSize",
                    whole(1024, 64 * MIB, "bytes"),
                    "1048576",
                    "The most that one get returns; a single larger message is returned whole."),
            set(
                    "maxMessageSize",
                    whole(1024, 64 * MIB, "bytes"),
                    "2097152",
                    "A larger payload is refused. MetaQ 1.4 consumers cannot read more than 2 MiB."),
            set(
                    "maxBatchSize",
                    whole(64 * 1024, 256 * MIB, "bytes"),
                    "16777216",
                    "The most that a batch of a native producer holds, and any request's body."),
            on(
                    "updateConsumerOffsets",
                    false,
                    "A get beyond the end is answered with the end offset, so that a consumer with an impossible"
                            + " offset goes on there, instead of waiting for the log to grow."),
            set(
                    "getHoldMs",
                    whole(0, 8000, "milliseconds"),
                    "0",
                    "How long a MetaQ 1.4 get at the end of a log waits for data. 0 answers at once, as the original does: a"
                            + " 1.4 consumer has few fetch threads, and each get that is held keeps one of them from the"
                            + " other partitions."),
            set(
                    "maxFetchWaitMs",
                    whole(0, 300_000, "milliseconds"),
                    "30000",
                    "The longest a native client's fetch may wait for data."),
            set("ioThreads", whole(0, 256, ""), "0", "Event loops. 0: one a processor."),
            set("maxConnections", whole(1, 1_000_000, ""), "10000", "More are closed at once."),
            set(
                    "maxInFlightBytes",
                    whole(MIB, 64 * GIB, "bytes"),
                    "134217728",
                    "Requests that wait for their answer, all connections together; beyond it sockets are not read. Large"
                            + " requests that have not arrived whole may be as much again."),
            set(
                    "maxPendingRequests",
                    whole(1, 1_000_000, ""),
                    "4096",
                    "Unanswered requests of one connection; beyond it its socket is not read."),
            set(
                    "idleTimeoutMs",
                    whole(15_000, YEAR_MS, "milliseconds"),
                    "300000",
                    "A connection without any bytes for so long is closed. Clients send a heartbeat every 10 s."),
            set(
                    "stallTimeoutMs",
                    whole(1000, YEAR_MS, "milliseconds"),
                    "60000",
                    "A request that has begun must have arrived whole after so long, and replies that wait may stand still"
                            + " for so long; otherwise the connection is closed."),
            set("maxPartitions", whole(1, 1_000_000, ""), "100000", "Partitions of all topics of this broker."),
            set(
                    "maxQueuedAppends",
                    whole(64, 1 << 20, ""),
                    "65536",
                    "Puts that wait for the log writer; more are answered 503."),
            set(
                    "maxQueuedBytes",
                    whole(MIB, 16 * GIB, "bytes"),
                    "134217728",
                    "Bytes that wait for the log writer; more are answered 503."),
            set(
                    "journalFileSize",
                    whole(MIB, GIB, "bytes"),
                    "67108864",
                    "Size of a file of the commit journal; there are two, made when first needed."),
            set(
                    "checkpointInterval",
                    whole(100, YEAR_MS, "milliseconds"),
                    "60000",
                    "How often recovery points are written; what came since is scanned after a crash. In MetaQ 1.4"
                            + " this was for the transaction journal alone, every hour."),
            set(
                    "checkpointBytes",
                    whole(MIB, Long.MAX_VALUE, "bytes"),
                    "1073741824",
                    "Recovery points are also written when so much came in since the last ones, so that a crash under"
                            + " load leaves no more than about this to be scanned."),
            set(
                    "minFreeBytes",
                    whole(0, Long.MAX_VALUE, "bytes"),
                    "67108864",
                    "With less room on the disk writes are refused (507); they resume when there is room."),
            none("dataLogPath", "it held MetaQ 1.4's transaction journal, which is not read here."),
            none("getProcessThreadCount", "event loops serve all requests."),
            none("putProcessThreadCount", "event loops serve all requests."),
            none("quartzThreadCount", "retention has one thread."),
            none("loadMessageStoresInParallel", "opening is quick enough."),
            none("maxCheckpoints", "there is one file of recovery points."),
            none("flushTxLogAtCommit", "there are no transactions yet."),
            none("maxTxTimeoutInSeconds", "there are no transactions yet."),
            none("maxTxTimeoutTimerCapacity", "there are no transactions yet."),
            none("appClassPath", "the broker loads no classes of applications."));

    /** Keys of [system]. */
    public static final List<Setting> SYSTEM = join(SYSTEM_ONLY, TOPIC);

    /** Keys of [zookeeper]. */
    public static final List<Setting> ZOOKEEPER = List.of(
            on(
                    "zk.zkEnable",
                    true,
                    "Whether to register in ZooKeeper. Without it only direct clients find the broker."),
            set(
                    "zk.zkConnect",
                    HOSTS,
                    "",
                    "host:port, several with commas. Absent: the broker runs a ZooKeeper server in its own process."),
            set("zk.zkRoot", NODE, "/meta", "The node under which everything is registered."),
            set(
                    "zk.embeddedPort",
                    whole(0, 65_535, ""),
                    "2181",
                    "The embedded server's port, where zk.zkConnect is absent. 0: any free one."),
            set(
                    "zk.zkSessionTimeoutMs",
                    whole(1000, 3_600_000, "milliseconds"),
                    "30000",
                    "A broker that died is still registered for so long."),
            set(
                    "zk.zkConnectionTimeoutMs",
                    whole(100, 3_600_000, "milliseconds"),
                    "30000",
                    "Connecting may take so long."),
            none("zk.zkSyncTimeMs", "nothing waits for ZooKeeper."));

    private static List<Setting> join(List<Setting> first, List<Setting> second) {
        List<Setting> all = new ArrayList<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }
}
