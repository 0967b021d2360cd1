// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is shipped beside the code says what the code does. */
class ShippedConfigurationTest {
    private static final Path PROJECT = Path.of("").toAbsolutePath().getParent();
    private static final Path PAGE = PROJECT.resolve("docs/configuration.md");

    @Test
    void theShippedFileWorksAsItIs() throws Exception {
        BrokerConfig config = ConfigReader.read(PROJECT.resolve("conf/server.ini"));
        assertThat(config.topics().declaredTopics()).containsExactlyInAnyOrder("test", "meta-test");
        assertThat(config.zookeeper().connect())
                .as("zk.zkConnect; none embeds a server")
                .isNull();
        assertThat(config.topics().find("test").orElseThrow().flushPolicy().isSync())
                .isTrue();
        assertThat(config.notes()).isEmpty();
    }

    @Test
    void everyKeyOfTheShippedFileThatIsCommentedOutIsKnownToo() throws Exception {
        assertThat(Files.readAllLines(PROJECT.resolve("conf/server.ini")))
                .filteredOn(line -> line.matches(";[A-Za-z.]+=.*"))
                .isNotEmpty()
                .allSatisfy(line -> {
                    String key = line.substring(1, line.indexOf('='));
                    assertThat(Setting.find(SettingTable.SYSTEM, key)
                                    .or(() -> Setting.find(SettingTable.ZOOKEEPER, key)))
                            .as(key)
                            .isPresent();
                });
    }

    @Test
    void everyDefaultIsAValueItsKeyAllows() {
        for (List<Setting> table : List.of(SettingTable.SYSTEM, SettingTable.ZOOKEEPER)) {
            assertThat(table)
                    .filteredOn(setting -> !setting.defaultValue().isEmpty())
                    .allSatisfy(setting -> assertThat(setting.kind().problem(setting.defaultValue()))
                            .as(setting.key())
                            .isEmpty());
        }
    }

    /** Run with {@code -Dmetaq.writeDocs=true} to write the page anew. */
    @Test
    void thePageSaysWhatTheTableSays() throws IOException {
        if (Boolean.getBoolean("metaq.writeDocs")) {
            Files.writeString(PAGE, ConfigurationPage.markdown());
        }
        assertThat(PAGE).hasContent(ConfigurationPage.markdown());
    }
}
