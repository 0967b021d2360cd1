// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import io.metaq.dist.testkit.JavaProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where the original's drivers and libraries are after the build of their module, and how one of them is started. */
final class OriginalPrograms {
    private static final Path TARGET = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .normalize()
            .resolve("original")
            .resolve("target");

    private OriginalPrograms() {}

    static JavaProcess broker(Path home, Path ini) throws IOException {
        return JavaProcess.start(
                "original-broker", home, classPath(), List.of("io.metaq.original.OriginalBroker", ini.toString()));
    }

    /** Starts a scenario; the names are in the table of {@code io.metaq.original.OriginalClient}. */
    static JavaProcess client(Path home, String scenario, BrokerProcess broker, String topic) throws IOException {
        return client(home, scenario, broker.zkConnect(), broker.serverUrl(), topic);
    }

    static JavaProcess client(Path home, String scenario, String zkConnect, String serverUrl, String topic)
            throws IOException {
        List<String> command = List.of("io.metaq.original.OriginalClient", scenario, zkConnect, serverUrl, topic);
        return JavaProcess.start(scenario + "-" + topic, home, classPath(), command);
    }

    private static String classPath() {
        Path classes = TARGET.resolve("classes");
        Path libraries = TARGET.resolve("lib");
        if (!Files.isDirectory(classes) || !Files.isDirectory(libraries)) {
            throw new IllegalStateException("the original's drivers are not built: " + TARGET
                    + " lacks classes or lib; build metaq-dist/original");
        }
        return classes + File.pathSeparator + libraries.resolve("*");
    }
}
