// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file itself: its bytes, its lines, its size. */
class ConfigFileTest {
    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = directory.resolve("server.ini");
    }

    private List<String> problems() {
        ConfigException thrown = catchThrowableOfType(ConfigException.class, () -> ConfigReader.read(file));
        assertThat(thrown).as("a configuration with problems").isNotNull();
        return thrown.getMessage().lines().toList();
    }

    private String sound(String lineEnd) {
        return String.join(
                lineEnd,
                "[system]",
                "brokerId = 1",
                "dataPath=" + directory,
                "",
                "; comment",
                "[ topic = orders ]",
                "\tnumPartitions\t=\t3 ",
                "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void lineEndsOfAnySystemAreTaken(String lineEnd) throws Exception {
        Files.writeString(file, sound(lineEnd));
        assertThat(ConfigReader.read(file).topics().find("orders").orElseThrow().partitionCount())
                .isEqualTo(3);
    }

    @Test
    void aByteOrderMarkIsTakenAndLinesAreCountedAsAnEditorDoes() throws Exception {
        Files.writeString(file, "\uFEFF" + sound("\r\n"));
        assertThat(ConfigReader.read(file).brokerId()).isEqualTo(1);
        Files.writeString(file, "\uFEFF" + sound("\r\n") + "wrong=1\r\n");
        assertThat(problems()).singleElement().asString().startsWith(file + ":8: key wrong is unknown");
    }

    @Test
    void textThatIsNotUtf8IsToldWithItsLine() throws Exception {
        Files.write(file, (sound("\n") + "; caf\u00e9\n").getBytes(StandardCharsets.ISO_8859_1));
        assertThat(problems()).containsExactly(file + ":8: is not text in UTF-8; save the file as UTF-8");
        Files.write(file, ("; \u914d\u7f6e\n" + sound("\n")).getBytes(Charset.forName("GBK")));
        assertThat(problems()).containsExactly(file + ":1: is not text in UTF-8; save the file as UTF-8");
        Files.write(file, sound("\n").getBytes(StandardCharsets.UTF_16));
        assertThat(problems()).containsExactly(file + ":1: is not text in UTF-8; save the file as UTF-8");
        Files.write(file, new byte[] {'[', 's', (byte) 0xe4});
        assertThat(problems()).containsExactly(file + ":1: is not text in UTF-8; save the file as UTF-8");
    }

    @Test
    void commentsMayBeInAnyLanguage() throws Exception {
        Files.writeString(file, sound("\n") + "; \u914d\u7f6e caf\u00e9\n");
        assertThat(ConfigReader.read(file).brokerId()).isEqualTo(1);
    }

    @Test
    void whatIsNoFileIsTold() throws Exception {
        assertThat(problems()).containsExactly(file + ": cannot be read: there is no such file");
        Files.createDirectory(file);
        assertThat(problems()).singleElement().asString().startsWith(file + ": cannot be read: ");
    }

    @Test
    @Timeout(60)
    void aFileThatIsFarTooLargeIsRefusedWithoutReadingIt() throws Exception {
        String refusal = ": is larger than 4194304 bytes; that is no configuration";
        Files.writeString(file, ";".repeat((4 << 20) + 1));
        assertThat(problems()).containsExactly(file + refusal);
        Path endless = Path.of("/dev/zero");
        if (Files.exists(endless)) {
            assertThatThrownBy(() -> ConfigReader.read(endless)).hasMessage(endless + refusal);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[t%d]\n", "[topic=t%d]\nx=1\n", "k%d=1\n", "=%d\n", "[topic=t%d]\nnumPartitions=0\n"})
    @Timeout(60)
    void aLargeFileOfNonsenseIsToldInAHundredLinesAndSoon(String line) throws Exception {
        StringBuilder text = new StringBuilder(sound("\n"));
        for (int i = 0; text.length() < 1 << 20; i++) {
            text.append(String.format(Locale.ROOT, line, i));
        }
        Files.writeString(file, text);
        assertThat(problems()).hasSize(101).last().asString().matches(".*: and \\d+ more problems");
    }

    @Test
    void anEndlessLineIsToldShort() throws Exception {
        Files.writeString(file, sound("\n") + "x".repeat(1 << 20) + "=1");
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith(file + ":8: key xxx")
                .hasSizeLessThan(1200);
    }

    @Test
    void anEmptyFileLacksTheBrokersNumber() throws Exception {
        Files.writeString(file, "");
        assertThat(problems())
                .containsExactly(file + ": [system] brokerId is missing; expected is a whole number, 0 to 1023");
    }

    /** Every key that MetaQ 1.4 knows, with its default or what its shipped file says. */
    @Test
    void aFileOfMetaq14IsTakenAsItIs() throws Exception {
        Files.writeString(file, """
                [system]
                brokerId=0
                hostName=10.0.0.5
                serverPort=8123
                dashboardHttpPort=8120
                numPartitions=1
                dataPath=%s
                dataLogPath=%s
                unflushThreshold=0
                unflushInterval=10000
                maxSegmentSize=1024*1024*1024
                maxTransferSize=1024*1024
                getProcessThreadCount=80
                putProcessThreadCount=80
                deletePolicy=delete,168
                deleteWhen=0 0 6,18 * * ?
                quartzThreadCount=5
                maxCheckpoints=3
                checkpointInterval=3600000
                maxTxTimeoutTimerCapacity=30000
                flushTxLogAtCommit=1
                maxTxTimeoutInSeconds=60
                acceptPublish=true
                acceptSubscribe=true
                stat=true
                updateConsumerOffsets=true
                loadMessageStoresInParallel=false
                appClassPath=

                [zookeeper]
                zk.zkRoot=/meta
                zk.zkEnable=true
                zk.zkConnect=localhost:2181
                zk.zkSessionTimeoutMs=30000
                zk.zkConnectionTimeoutMs=30000
                zk.zkSyncTimeMs=5000

                ;; topics
                [topic=test]
                stat=true
                numPartitions=10

                [topic=meta-test]
                deletePolicy=archive,24h,true
                deleteWhen=0 0 6,18 * * ?
                dataPath=%s
                unflushInterval=10000
                unflushThreshold=0
                acceptSubscribe=true
                acceptPublish=true

                [topic=log-*]
                """.formatted(directory, directory, directory));
        BrokerConfig config = ConfigReader.read(file);
        assertThat(config.hostName()).isEqualTo("10.0.0.5");
        assertThat(config.zookeeper().connect()).isEqualTo("localhost:2181");
        assertThat(config.answerMaxOffset()).isTrue();
        assertThat(config.topics().declaredTopics()).containsExactlyInAnyOrder("test", "meta-test");
        assertThat(config.topics().find("test").orElseThrow().partitionCount()).isEqualTo(10);
        assertThat(config.topics().find("meta-test").orElseThrow().retention().maxAge())
                .isEqualTo(Duration.ofHours(24));
        assertThat(config.topics().find("log-web")).isPresent();
        assertThat(config.notes()).isNotEmpty().allMatch(note -> note.contains("has no effect here"));
    }
}
