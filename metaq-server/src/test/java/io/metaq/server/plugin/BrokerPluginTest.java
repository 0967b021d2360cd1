// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.server.boot.Broker;
import io.metaq.server.boot.InstalledPlugins;
import io.metaq.server.config.ConfigException;
import io.metaq.server.config.ConfigReader;
import io.metaq.server.testkit.WireClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerPluginTest {
    private static final String BEGIN = "transaction %s session XA_BEGIN 1\r\n";

    @TempDir
    Path directory;

    private Broker start(String section, BrokerPlugin... plugins) throws Exception {
        List<BrokerPlugin> all = List.of(plugins);
        String ini = """
                [system]
                brokerId=3
                serverPort=0
                dashboardHttpPort=0
                hostName=127.0.0.1
                dataPath=%s
                [zookeeper]
                zk.zkEnable=false
                [topic=test]
                %s
                """.formatted(directory, section);
        return Broker.start(ConfigReader.parse("test.ini", ini, InstalledPlugins.sections(all)), all);
    }

    @Test
    void commandsLogsAndPutsInTransactionsReachThePluginAndItsLogSurvivesARestart() throws Exception {
        LedgerPlugin plugin = new LedgerPlugin();
        try (Broker broker = start("", plugin);
                WireClient client = new WireClient(broker.port())) {
            assertThat(plugin.calls).containsExactly("open", "start with 0 bytes");
            assertThat(client.ask(BEGIN.formatted("XID:a")).text()).isEqualTo("0 FLUSHED");
            assertThat(client.ask(BEGIN.formatted("XID:b")).text()).isEqualTo("25 FLUSHED");
            assertThat(client.ask("put test 0 5 0 907060870 XID:a 7\r\nhello").text())
                    .isEqualTo("kept for XID:a");
            assertThat(client.ask("get test group 0 0 100 8\r\n").code()).isEqualTo(404);
        }
        assertThat(plugin.calls).last().isEqualTo("close");

        LedgerPlugin again = new LedgerPlugin();
        try (Broker broker = start("", again);
                WireClient client = new WireClient(broker.port())) {
            assertThat(again.calls).contains("start with 50 bytes");
            assertThat(client.ask(BEGIN.formatted("XID:c")).text()).isEqualTo("50 FLUSHED");
        }
    }

    @Test
    void aPluginHasItsOwnSectionWhichIsCheckedLikeTheBrokers() throws Exception {
        try (Broker broker = start("[ledger]\nmaxEntries=7", new LedgerPlugin());
                WireClient client = new WireClient(broker.port())) {
            assertThat(client.ask("admin ledger-size 2 1\r\n{}").text()).isEqualTo("{\"bytes\":0,\"limit\":7}");
        }
        assertThatThrownBy(() -> start("[ledger]\nmaxEntrees=7", new LedgerPlugin()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("test.ini:11: key maxEntrees is unknown; the nearest known key is maxEntries");
        assertThatThrownBy(() -> start("[ledger]\nmaxEntries=7"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("test.ini:10: section [ledger] is unknown");
    }

    @Test
    void aPluginsTroubleTurnsTheHealthRed() throws Exception {
        LedgerPlugin plugin = new LedgerPlugin();
        try (Broker broker = start("", plugin)) {
            assertThat(health(broker).statusCode()).isEqualTo(200);
            plugin.complain("an entry is in doubt");
            assertThat(health(broker).statusCode()).isEqualTo(503);
            assertThat(health(broker).body()).isEqualTo("ledger: an entry is in doubt\n");
        }
    }

    private static HttpResponse<String> health(Broker broker) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + broker.httpPort() + "/health");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void twoThatServeTheSameStopTheStartAndLeaveNothingBehind() throws Exception {
        LedgerPlugin first = new LedgerPlugin();
        LedgerPlugin second = new LedgerPlugin();
        assertThatThrownBy(() -> start("", first, second)).hasMessageContaining("__ledger");
        assertThat(first.calls).containsExactly("open", "close");
        assertThat(second.calls).containsExactly("open", "close");
        try (Broker broker = start("")) {
            assertThat(broker.port()).isPositive();
        }
    }

    @Test
    void nothingCanBeRegisteredLater() throws Exception {
        LedgerPlugin plugin = new LedgerPlugin();
        try (Broker broker = start("", plugin)) {
            assertThat(broker.port()).isPositive();
            assertThatThrownBy(() -> plugin.context().serveOperator("late", arguments -> arguments))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ledger");
        }
    }

    @Test
    void withoutAPluginTransactionsAreRefused() throws Exception {
        try (Broker broker = start("");
                WireClient client = new WireClient(broker.port())) {
            assertThat(client.ask("put test 0 5 0 907060870 XID:a 7\r\nhello").code())
                    .isEqualTo(500);
            assertThat(client.ask(BEGIN.formatted("XID:a")).code()).isEqualTo(503);
        }
    }

    @Test
    void jarsOnTheClassPathBringTheirPlugins() {
        assertThat(InstalledPlugins.load()).singleElement().isInstanceOf(LedgerPlugin.class);
    }
}
