// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.server.config.ConfigReader;
import io.metaq.server.testkit.WireClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page for operators names every metric of a running broker, and no other. */
class DocumentedMetricsTest {
    private static final Path PAGE = Path.of("").toAbsolutePath().getParent().resolve("docs/operations.md");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (`metaq_.*?) \\|");
    private static final Pattern NAME = Pattern.compile("`(metaq_\\w+)");
    private static final Pattern HELP = Pattern.compile("(?m)^# HELP (metaq_\\w+) ");

    @TempDir
    Path directory;

    @Test
    void everyMetricHasItsRow() throws Exception {
        Set<String> documented = new TreeSet<>();
        Matcher row = ROW.matcher(Files.readString(PAGE));
        while (row.find()) {
            documented.addAll(all(NAME, row.group(1)));
        }
        assertThat(withoutMaxima(all(HELP, metrics()))).isEqualTo(documented);
    }

    private String metrics() throws Exception {
        try (Broker broker = Broker.start(ConfigReader.parse("test.ini", """
                        [system]
                        brokerId=3
                        serverPort=0
                        dashboardHttpPort=0
                        hostName=127.0.0.1
                        dataPath=%s
                        [zookeeper]
                        zk.embeddedPort=0
                        """.formatted(directory)));
                WireClient client = new WireClient(broker.port())) {
            client.ask("version 1\r\n");
            return HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + broker.httpPort() + "/metrics"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static Set<String> all(Pattern pattern, String text) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    /** A summary's largest value is a family of its own there. */
    private static Set<String> withoutMaxima(Set<String> names) {
        Set<String> left = new TreeSet<>(names);
        left.removeIf(name -> name.endsWith("_max") && names.contains(name.substring(0, name.length() - 4)));
        return left;
    }
}
