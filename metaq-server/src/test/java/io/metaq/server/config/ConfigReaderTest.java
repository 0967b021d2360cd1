// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.metaq.server.topic.RetentionPolicy;
import io.metaq.server.topic.TopicException;
import io.metaq.server.topic.TopicSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
    @TempDir
    Path directory;

    private BrokerConfig parse(String lines) throws ConfigException {
        return ConfigReader.parse("server.ini", withData(lines));
    }

    /** The first two lines are there always, so the given ones begin at line 3. */
    private String withData(String lines) {
        return "[system]\ndataPath=" + directory + "\n" + lines;
    }

    private List<String> problems(String lines) {
        ConfigException thrown = catchThrowableOfType(ConfigException.class, () -> parse(lines));
        assertThat(thrown).as("a configuration with problems").isNotNull();
        return thrown.getMessage().lines().toList();
    }

    @Test
    void theDefaultsAreThoseOfMetaq14ButForTheUnsafeOne() throws Exception {
        BrokerConfig config = parse("brokerId=7\n[topic=t]");
        assertThat(config.brokerId()).isEqualTo(7);
        assertThat(config.network().port()).isEqualTo(8123);
        assertThat(config.httpPort()).isEqualTo(8120);
        assertThat(config.maxTransferBytes()).isEqualTo(1 << 20);
        assertThat(config.answerMaxOffset()).isFalse();
        assertThat(config.zookeeper().enabled()).isTrue();
        assertThat(config.zookeeper().root()).isEqualTo("/meta");
        assertThat(config.zookeeper().connect()).isNull();
        assertThat(config.zookeeper().sessionTimeout()).isEqualTo(Duration.ofSeconds(30));
        TopicSettings topic = config.topics().find("t").orElseThrow();
        assertThat(topic.partitionCount()).isEqualTo(1);
        assertThat(topic.acceptPublish()).isTrue();
        assertThat(topic.acceptSubscribe()).isTrue();
        assertThat(topic.logConfig().maxSegmentBytes()).isEqualTo(1L << 30);
        assertThat(topic.retention())
                .isEqualTo(new RetentionPolicy(RetentionPolicy.Action.DELETE, Duration.ofDays(7), 0, "0 0 6,18 * * ?"));
        assertThat(topic.flushPolicy().isSync()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "serverPort=65536          | serverPort = 65536 is above the largest allowed, 65535; expected is a whole number, 0 to 65535",
                "serverPort=-1             | serverPort = -1 is below the smallest allowed, 0; expected is a whole number, 0 to 65535",
                "serverPort=eighty         | serverPort = eighty is no number; expected is a whole number, 0 to 65535",
                "maxTransferSize=1024*     | maxTransferSize = 1024* is no number; expected is a whole number of bytes, 1024 to 67108864",
                "maxSegmentSize=9999999999999g*9 | maxSegmentSize = 9999999999999g*9 is no number; expected is a whole number of bytes, 65536 to 4294967296",
                "acceptPublish=yes         | acceptPublish = yes is neither true nor false; expected is true or false",
                "deletePolicy=delete       | deletePolicy = delete is no policy; expected is delete,AGE or archive,AGE or archive,AGE,true (zipped), with AGE in hours, or with the suffix s, m or h",
                "hostName=two words        | hostName = two words is something else; expected is a host name or an address",
                "hostName=                 | hostName =  is empty; expected is a host name or an address",
                "serverprot=1              | key serverprot is unknown; the nearest known key is serverPort",
                "unflushTreshold=1         | key unflushTreshold is unknown; the nearest known key is unflushThreshold",
                "[zookeper]                | section [zookeper] is unknown; the nearest known section is [zookeeper]",
                "[system                   | '[system' is no section; write [system], [zookeeper] or [topic=name]",
                "[system]                  | section [system] stands twice",
                "serverPort                | 'serverPort' is no setting; write key=value",
                "group.g=com.x.Filter      | key group.g: filter classes in the broker are not supported; filter in the consumer and remove the line",
                "[topic=two words]         | topic name 'two words' may hold letters, digits and . _ - % @ + only",
                "[topic=__meta]            | topic name '__meta' may not begin with two underscores",
                "maxBatchSize=64k          | maxBatchSize = 64k does not hold one message of maxMessageSize = 2097152; expected is 2097172 or more",
            })
    void aBadLineIsToldWithItsPlaceAndWhatWasExpected(String line, String problem) {
        assertThat(problems("brokerId=1\n" + line)).containsExactly("server.ini:4: " + problem);
    }

    @Test
    void aBadCronExpressionIsTold() {
        assertThat(problems("brokerId=1\ndeleteWhen=every day"))
                .singleElement()
                .asString()
                .startsWith("server.ini:4: deleteWhen = every day is no Quartz cron expression")
                .endsWith("expected is a Quartz cron expression");
    }

    @ParameterizedTest
    @ValueSource(strings = {"zk.zkConnect=a b", "zk.zkConnect=,", "zk.zkRoot=/a//b", "zk.zkRoot=two words"})
    void whatZooKeeperWouldRefuseIsToldBefore(String line) {
        assertThat(problems("brokerId=1\n[zookeeper]\n" + line))
                .singleElement()
                .asString()
                .startsWith("server.ini:5: " + line.replace("=", " = ") + " is something else; expected is ");
    }

    @Test
    void everyProblemIsToldAtOnceInTheOrderOfTheFile() {
        assertThat(problems("""
                        serverPort=x
                        numPartition=3
                        [topic=a]
                        numPartitions=0
                        [zookeeper]
                        zk.zkRot=/meta
                        [topic=b]
                        serverPort=1
                        """))
                .extracting(line -> line.substring(0, line.indexOf(": ")))
                .containsExactly(
                        "server.ini:1",
                        "server.ini:3",
                        "server.ini:4",
                        "server.ini:6",
                        "server.ini:8",
                        "server.ini:10");
    }

    @Test
    void aMissingBrokerIdIsTold() {
        assertThat(problems("serverPort=1"))
                .containsExactly("server.ini:1: [system] brokerId is missing; expected is a whole number, 0 to 1023");
    }

    @Test
    void aDataPathThatCannotBeMadeIsTold() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> ConfigReader.parse("x.ini", "[system]\nbrokerId=1\ndataPath=" + file))
                .hasMessage("x.ini:3: dataPath: " + file + " is not a directory");
        Path nowhere = directory.resolve("no/where");
        assertThatThrownBy(() -> ConfigReader.parse("x.ini", "[system]\nbrokerId=1\ndataPath=" + nowhere))
                .hasMessage(
                        "x.ini:3: dataPath: the directory " + nowhere.getParent() + " does not exist; create it first");
        assertThat(problems("brokerId=1\n[topic=t]\ndataPath=" + nowhere))
                .containsExactly("server.ini:5: dataPath: the directory " + nowhere.getParent()
                        + " does not exist; create it first");
        assertThat(problems("brokerId=1\n[topic=t]\ndataPath=a\0b"))
                .singleElement()
                .asString()
                .startsWith("server.ini:5: dataPath = a\0b is no path");
    }

    @Test
    void morePartitionsThanTheBrokerMayHaveAreTold() {
        assertThat(problems("brokerId=1\nmaxPartitions=5\n[topic=a]\nnumPartitions=3\n[topic=b]\nnumPartitions=3"))
                .containsExactly("server.ini:4: maxPartitions = 5 is below the 6 partitions that the file's topics"
                        + " have together");
    }

    @Test
    void keysOfMetaq14WithoutMeaningHereAreTakenAndNoted() throws Exception {
        BrokerConfig config = parse("""
                brokerId=1
                dashboardHttpPort=8120
                dataLogPath=/nowhere
                getProcessThreadCount=10
                putProcessThreadCount=10
                quartzThreadCount=5
                maxCheckpoints=3
                checkpointInterval=3600000
                maxTxTimeoutTimerCapacity=30000
                flushTxLogAtCommit=1
                maxTxTimeoutInSeconds=60
                stat=true
                loadMessageStoresInParallel=true
                appClassPath=/nowhere
                [zookeeper]
                zk.zkSyncTimeMs=5000
                """);
        assertThat(config.notes())
                .hasSize(11)
                .allMatch(note -> note.contains("has no effect here: "))
                .anyMatch(note -> note.startsWith("quartzThreadCount (line 8) "));
    }

    @Test
    void aTopicsOwnSectionWinsOverTheBrokersAndAPatternServesTheRest() throws Exception {
        BrokerConfig config = parse("""
                brokerId=1
                numPartitions=3
                deletePolicy=archive,12,true
                [topic=orders]
                numPartitions=2*4
                unflushThreshold=100
                acceptSubscribe=false
                deletePolicy=delete,90m
                [topic=log-*]
                maxSegmentSize=64m
                """);
        assertThat(config.topics().declaredTopics()).containsExactly("orders");
        TopicSettings orders = config.topics().find("orders").orElseThrow();
        assertThat(orders.partitionCount()).isEqualTo(8);
        assertThat(orders.flushPolicy().isSync()).isFalse();
        assertThat(orders.acceptSubscribe()).isFalse();
        assertThat(orders.retention().maxAge()).isEqualTo(Duration.ofMinutes(90));
        TopicSettings log = config.topics().find("log-web").orElseThrow();
        assertThat(log.partitionCount()).isEqualTo(3);
        assertThat(log.logConfig().maxSegmentBytes()).isEqualTo(64L << 20);
        assertThat(log.retention().action()).isEqualTo(RetentionPolicy.Action.ARCHIVE_ZIPPED);
        assertThat(config.topics().find("payments")).isEmpty();
    }

    @Test
    void whoMakesATopicAtRunTimeDoesNotChooseWhereTheBrokerWrites() throws Exception {
        BrokerConfig config = parse("brokerId=1");
        assertThatThrownBy(() -> config.topics().with("t", Map.of("dataPath", "/etc")))
                .isInstanceOf(TopicException.class)
                .hasMessageContaining("in the ini file only");
    }

    @Test
    void runTimeSettingsAreCheckedAsThoseOfTheFileAndHugeOnesQuickly() throws Exception {
        BrokerConfig config = parse("brokerId=1");
        assertThatThrownBy(() -> config.topics().with("t", Map.of("numPartitions", "(".repeat(1_000_000))))
                .isInstanceOf(TopicException.class);
        assertThatThrownBy(() -> config.topics().with("t", Map.of("x".repeat(1_000_000), "1")))
                .isInstanceOf(TopicException.class);
    }

    @Test
    void commentsSpacesAndAByteOrderMarkAreNothing() throws Exception {
        BrokerConfig config = ConfigReader.parse(
                "x.ini",
                "\uFEFF; hello\r\n# you\r\n [system] \r\n brokerId = 1 \r\ndataPath=" + directory
                        + "\r\n\r\n[ topic = a ]\r\n");
        assertThat(config.topics().declaredTopics()).containsExactly("a");
    }

    @Test
    void whatHoldsIsToldWithWhoDecided() throws Exception {
        BrokerConfig config = parse("brokerId=1\nnumPartitions=3\n[topic=a]\nstat=true");
        assertThat(config.effective())
                .contains(
                        new EffectiveSetting("system", "brokerId", "1", EffectiveSetting.Source.FILE),
                        new EffectiveSetting("system", "serverPort", "8123", EffectiveSetting.Source.DEFAULT),
                        new EffectiveSetting("topic=a", "numPartitions", "3", EffectiveSetting.Source.INHERITED),
                        new EffectiveSetting("topic=a", "stat", "true", EffectiveSetting.Source.FILE));
    }

    @Test
    void aFileThatIsNoneIsTold() {
        assertThatThrownBy(() -> ConfigReader.read(directory.resolve("none.ini")))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(directory.resolve("none.ini") + ": cannot be read");
    }
}
