// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every key there is: what holds without it, what it takes, and how a value that it does not take is told. */
class SettingTableTest {
    /** Of the keys whose values are text: one that is taken, and some that are not. */
    private static final Map<String, List<String>> TEXTS = Map.ofEntries(
            Map.entry(
                    "deletePolicy",
                    List.of(
                            "archive,90m,true",
                            "",
                            "delete",
                            "delete,-1",
                            "delete,1d",
                            "zip,1",
                            "delete,1,true",
                            "delete,9999999999")),
            Map.entry("deleteWhen", List.of("0 30 4 * * ?", "", "daily", "0 6 * * *", "61 0 0 * * ?")),
            Map.entry("dataPath", List.of("~/", "", "a\0b")),
            Map.entry("hostName", List.of("broker-1.example.org", "", "two words", "host/path", "h\u00f6st")),
            Map.entry("httpHost", List.of("::1", "", "two words")),
            Map.entry("zk.zkConnect", List.of("a:1,b:2/chroot", "", "a b", ",", "a:1,,b:2", "/only")),
            Map.entry("zk.zkRoot", List.of("apps/meta/", "", "/a//b", "two words", "/a/\u0001")));

    @TempDir
    Path directory;

    record Key(String section, Setting setting) {
        @Override
        public String toString() {
            return "[" + section + "] " + setting.key();
        }
    }

    static Stream<Key> keys() {
        return Stream.of(
                        SettingTable.SYSTEM.stream().map(setting -> new Key("system", setting)),
                        SettingTable.TOPIC.stream().map(setting -> new Key("topic=t", setting)),
                        SettingTable.ZOOKEEPER.stream().map(setting -> new Key("zookeeper", setting)))
                .flatMap(all -> all);
    }

    static Stream<Key> keysWithEffect() {
        return keys().filter(key -> key.setting().hasEffect());
    }

    /** The key is on line 6, always. */
    private String file(Key key, String value) {
        String name = key.setting().key();
        String system = "[system]\n"
                + (name.equals("brokerId") ? "" : "brokerId=1") + "\n"
                + (name.equals("dataPath") && key.section().equals("system") ? "" : "dataPath=" + directory) + "\n";
        String section = key.section().equals("system") ? "; here\n\n" : "\n[" + key.section() + "]\n";
        return system + section + name + "=" + value;
    }

    private BrokerConfig parse(Key key, String value) throws ConfigException {
        return ConfigReader.parse("server.ini", file(key, value));
    }

    private List<String> problems(Key key, String value) {
        ConfigException thrown = catchThrowableOfType(ConfigException.class, () -> parse(key, value));
        assertThat(thrown).as("%s = %s is refused", key, value).isNotNull();
        return thrown.getMessage().lines().toList();
    }

    private static List<String> values(Setting setting, boolean taken) {
        if (setting.kind() instanceof Setting.Whole whole) {
            return taken ? taken(whole) : refused(whole);
        }
        if (setting.kind() instanceof Setting.Switch) {
            return taken ? List.of("true", "false", "TRUE") : List.of("yes", "1", "", "truefalse");
        }
        List<String> texts = TEXTS.get(setting.key());
        assertThat(texts)
                .as("%s is text; say in this test what it takes", setting.key())
                .isNotNull();
        return taken ? texts.subList(0, 1) : texts.subList(1, texts.size());
    }

    private static List<String> taken(Setting.Whole whole) {
        List<String> values = new ArrayList<>(List.of(Long.toString(whole.least()), whole.least() + " + 0*1"));
        values.add(Long.toString(whole.most()));
        return values;
    }

    private static List<String> refused(Setting.Whole whole) {
        List<String> values = new ArrayList<>(
                List.of("", "x", "1.5", "1e3", "0x10", "--", "99999999999999999999", "9223372036854775807*2", "1/0"));
        values.add(whole.least() - 1 + "");
        if (whole.most() < Long.MAX_VALUE) {
            values.add(whole.most() + 1 + "");
        }
        return values;
    }

    /** Of one key alone; some need another to go with them. */
    @ParameterizedTest
    @MethodSource("keysWithEffect")
    void whatAKeyTakesIsTaken(Key key) {
        for (String value : values(key.setting(), true)) {
            assertThat(key.setting().kind().problem(value))
                    .as("%s = %s", key, value)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("keysWithEffect")
    void anImpossibleValueIsToldWithFileLineKeyAndWhatWasExpected(Key key) {
        for (String value : values(key.setting(), false)) {
            assertThat(problems(key, value)).as("%s = %s", key, value).anySatisfy(problem -> assertThat(problem)
                    .startsWith("server.ini:6: " + key.setting().key() + " = " + value + " ")
                    .endsWith("expected is " + key.setting().kind().expectation()));
        }
    }

    @ParameterizedTest
    @MethodSource("keysWithEffect")
    void theDefaultHoldsWhereTheKeyIsAbsent(Key key) throws Exception {
        BrokerConfig config = ConfigReader.parse(
                "server.ini", "[system]\nbrokerId=1\ndataPath=" + directory + "\n[topic=t]\n[zookeeper]\n");
        boolean given = List.of("brokerId", "dataPath").contains(key.setting().key());
        EffectiveSetting effective = config.effective().stream()
                .filter(setting -> setting.section().equals(key.section())
                        && setting.key().equals(key.setting().key()))
                .findFirst()
                .orElseThrow();
        if (!given) {
            assertThat(effective.value()).isEqualTo(key.setting().defaultValue());
            assertThat(effective.source()).isEqualTo(EffectiveSetting.Source.DEFAULT);
        }
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aMisspeltKeyIsToldWithTheOneThatWasMeant(Key key) {
        String name = key.setting().key();
        String misspelt = name.substring(0, name.length() / 2) + "zz" + name.substring(name.length() / 2);
        Key wrong = new Key(key.section(), new Setting(misspelt, key.setting().kind(), "", ""));
        assertThat(problems(wrong, "1"))
                .containsExactly("server.ini:6: key " + misspelt + " is unknown; the nearest known key is " + name);
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aKeyThatStandsTwiceIsTold(Key key) {
        String value = key.setting().hasEffect() ? values(key.setting(), true).get(0) : "1";
        assertThat(problems(key, value + "\n" + key.setting().key() + "=" + value))
                .contains("server.ini:7: key " + key.setting().key() + " stands twice in this section");
    }

    @Test
    void allSmallestAndAllLargestNumbersTogetherAreAConfiguration() {
        for (boolean largest : List.of(false, true)) {
            String lines = SettingTable.SYSTEM.stream()
                    .filter(setting -> setting.kind() instanceof Setting.Whole)
                    .map(setting -> line(setting, largest))
                    .collect(Collectors.joining("\n"));
            String zookeeper = SettingTable.ZOOKEEPER.stream()
                    .filter(setting -> setting.kind() instanceof Setting.Whole)
                    .map(setting -> line(setting, largest))
                    .collect(Collectors.joining("\n"));
            assertThatCode(() -> ConfigReader.parse(
                            "server.ini",
                            "[system]\ndataPath=" + directory + "\n" + lines + "\n[zookeeper]\n" + zookeeper))
                    .as(largest ? "largest" : "smallest")
                    .doesNotThrowAnyException();
        }
    }

    private static String line(Setting setting, boolean largest) {
        Setting.Whole whole = (Setting.Whole) setting.kind();
        return setting.key() + "=" + (largest ? whole.most() : whole.least());
    }

    @Test
    void noKeyStandsInTwoTablesUnlessAsOne() {
        assertThat(SettingTable.SYSTEM).extracting(Setting::key).doesNotHaveDuplicates();
        assertThat(SettingTable.SYSTEM).containsAll(SettingTable.TOPIC);
        assertThat(SettingTable.ZOOKEEPER).extracting(Setting::key).doesNotHaveDuplicates();
    }
}
