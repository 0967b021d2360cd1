// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.GeneralCodingRules;
import java.io.ObjectInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String BASE = "io.metaq.";

    /** Each package, and the only others of ours that it may know. Nothing below {@code boot} or {@code cli} knows them. */
    private static final Map<String, Set<String>> MAY_KNOW = Map.ofEntries(
            arrow("record"),
            arrow("protocol", "record"),
            arrow("client.net", "protocol"),
            arrow("client.discovery", "protocol", "client", "client.net"),
            arrow("client.producer", "record", "protocol", "client", "client.net", "client.discovery"),
            arrow("client.consumer", "record", "protocol", "client", "client.net", "client.discovery"),
            // The public names, and the factory that puts the rest together.
            arrow(
                    "client",
                    "record",
                    "protocol",
                    "client.net",
                    "client.discovery",
                    "client.producer",
                    "client.consumer"),
            arrow("server.log", "record"),
            arrow("server.commit", "record", "server.log"),
            arrow("server.topic", "record", "server.log", "server.commit"),
            arrow("server.network", "protocol", "server.log"),
            arrow(
                    "server.command",
                    "record",
                    "protocol",
                    "server.log",
                    "server.commit",
                    "server.topic",
                    "server.network"),
            // Asks a broker that holds our id whether it is alive.
            arrow("server.zookeeper", "protocol", "client.net", "server.topic"),
            // Settings are records beside what they set.
            arrow(
                    "server.config",
                    "record",
                    "protocol",
                    "server.log",
                    "server.commit",
                    "server.topic",
                    "server.network",
                    "server.zookeeper"),
            arrow("server.plugin", "protocol", "server.commit", "server.topic", "server.command", "server.config"),
            arrow(
                    "server.admin",
                    "protocol",
                    "server.log",
                    "server.commit",
                    "server.topic",
                    "server.network",
                    "server.command",
                    "server.config",
                    "server.zookeeper"),
            arrow(
                    "server.boot",
                    "protocol",
                    "server.log",
                    "server.commit",
                    "server.topic",
                    "server.network",
                    "server.command",
                    "server.config",
                    "server.zookeeper",
                    "server.plugin",
                    "server.admin"),
            arrow("dist.process", "protocol", "client.net"),
            arrow("dist.demo", "client", "dist.process"),
            arrow("dist.perf", "client", "dist.process"),
            arrow(
                    "dist.cli",
                    "record",
                    "client",
                    "server.log",
                    "server.commit",
                    "server.network",
                    "server.config",
                    "server.plugin",
                    "server.boot",
                    "dist.process",
                    "dist.demo",
                    "dist.perf"));

    private static JavaClasses production;

    private static Map.Entry<String, Set<String>> arrow(String from, String... to) {
        return Map.entry(from, Set.of(to));
    }

    @BeforeAll
    static void readClasses() {
        production = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .withImportOption(location -> !location.contains("/testkit/"))
                .importPackages("io.metaq");
    }

    @Test
    void arrowsPointOneWay() {
        Map<String, Set<String>> forbidden = new TreeMap<>();
        for (JavaClass from : production) {
            String source = packageOf(from);
            from.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(to -> to.getPackageName().startsWith("io.metaq"))
                    .map(ArchitectureTest::packageOf)
                    .filter(to -> !to.equals(source))
                    .filter(to -> !MAY_KNOW.getOrDefault(source, Set.of()).contains(to))
                    .forEach(to -> forbidden
                            .computeIfAbsent(source + " -> " + to, arrow -> new TreeSet<>())
                            .add(from.getSimpleName()));
        }
        assertThat(forbidden).isEmpty();
    }

    private static String packageOf(JavaClass type) {
        return type.getPackageName().substring(BASE.length());
    }

    @Test
    void theMapNamesEveryPackageAndNoOther() {
        assertThat(production.stream().map(ArchitectureTest::packageOf).collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(MAY_KNOW.keySet());
    }

    /** Without the one cycle that the public API makes with what stands behind it. */
    @Test
    void theMapHasNoCycles() {
        List<String> cycles = new ArrayList<>();
        for (String start : MAY_KNOW.keySet()) {
            if (!start.startsWith("client") && reaches(start, start, new TreeSet<>())) {
                cycles.add(start);
            }
        }
        assertThat(cycles).isEmpty();
    }

    private static boolean reaches(String from, String goal, Set<String> seen) {
        return MAY_KNOW.get(from).stream()
                .anyMatch(next -> next.equals(goal) || seen.add(next) && reaches(next, goal, seen));
    }

    @Test
    void onlyTheCommandLineWritesToTheConsole() {
        ArchRule rule = noClasses()
                .that()
                .resideOutsideOfPackage("io.metaq.dist.cli")
                .should(GeneralCodingRules.ACCESS_STANDARD_STREAMS);
        rule.check(production);
    }

    @Test
    void thereIsOneLoggingApi() {
        GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING.check(production);
    }

    @Test
    void nothingIsDeserializedByTheJdk() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ObjectInputStream.class)
                .check(production);
    }

    @Test
    void namesSayWhatAThingIs() {
        Set<String> drawers = Set.of("util", "utils", "common", "helper", "helpers", "manager", "misc");
        assertThat(MAY_KNOW.keySet())
                .noneMatch(name -> Stream.of(name.split("\\.")).anyMatch(drawers::contains));
        classes()
                .should()
                .haveNameNotMatching(".*(Utils?|Helper|Manager|Impl|Misc)(\\$.*)?")
                .check(production);
    }
}
