// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/metaq} in a checkout with stand-ins for the JDK and Maven, which tell how they were called. */
class LauncherTest {
    private static final Path SCRIPTS = Path.of("..", "scripts");
    private static final List<String> SYSTEM_TOOLS = List.of(
            "bash", "dirname", "readlink", "find", "id", "sed", "mktemp", "cat", "rm", "touch", "mkdir", "flock");
    private static final String SAY_CALL = "#!/bin/bash\necho \"${0##*/} $*\"\n";

    @TempDir
    Path directory;

    private Path home;
    private Path tools;

    @BeforeEach
    void aCheckout() throws IOException {
        home = Files.createDirectory(directory.toRealPath().resolve("checkout"));
        tools = Files.createDirectory(directory.resolve("tools"));
        Files.createDirectory(home.resolve("scripts"));
        for (String script : List.of("metaq", "toolchain.sh")) {
            Files.copy(
                    SCRIPTS.resolve(script),
                    home.resolve("scripts").resolve(script),
                    StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.createFile(home.resolve("pom.xml"));
        Files.createDirectories(home.resolve("metaq-dist/src/main"));
        Files.createFile(home.resolve("metaq-dist/pom.xml"));
        for (String tool : SYSTEM_TOOLS) {
            for (String bin : List.of("/usr/bin", "/bin")) {
                if (Files.exists(Path.of(bin, tool)) && !Files.exists(tools.resolve(tool))) {
                    Files.createSymbolicLink(tools.resolve(tool), Path.of(bin, tool));
                }
            }
        }
    }

    private void standIn(String name, String script) throws IOException {
        Path file = Files.writeString(tools.resolve(name), script, StandardCharsets.UTF_8);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private void aJdkAndMaven() throws IOException {
        standIn("java", SAY_CALL);
        standIn("javac", "#!/bin/bash\necho 'javac 17.0.1'\n");
        standIn("mvn", "#!/bin/bash\necho built >>" + home.resolve("builds") + "\nmkdir -p metaq-dist/target/lib\n");
    }

    private Process start(Path command, String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(command.toString()));
        line.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(line).directory(directory.toFile());
        builder.environment().put("PATH", tools.toString());
        builder.environment().remove("METAQ_OPTS");
        return builder.start();
    }

    private static CommandProcess.Ended end(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return new CommandProcess.Ended(process.exitValue(), out, err);
    }

    @Test
    void itBuildsOnceAndAgainOnlyWhenASourceIsNewer() throws Exception {
        aJdkAndMaven();
        Path metaq = home.resolve("scripts/metaq");

        assertThat(end(start(metaq, "status", "--json")).with(ExitCode.OK).out())
                .startsWith("java ")
                .contains(home + "/metaq-dist/target/lib/*")
                .endsWith("io.metaq.dist.cli.Metaq status --json\n");
        end(start(metaq, "status")).with(ExitCode.OK);
        assertThat(home.resolve("builds")).hasContent("built");

        Files.createFile(home.resolve("metaq-dist/src/main/New.java"));
        end(start(metaq, "status")).with(ExitCode.OK);
        assertThat(home.resolve("builds")).hasContent("built\nbuilt");
    }

    @Test
    void itRunsThroughSymbolicLinksFromAnywhere() throws Exception {
        aJdkAndMaven();
        Path bin = Files.createDirectory(directory.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("metaq"), Path.of("..", "checkout", "scripts", "metaq"));
        Files.createSymbolicLink(bin.resolve("mq"), Path.of("metaq"));

        assertThat(end(start(bin.resolve("mq"), "--version")).with(ExitCode.OK).out())
                .contains(home + "/metaq-dist/target/lib/*");
    }

    @Test
    void commandsThatAreStartedTogetherBuildOnce() throws Exception {
        aJdkAndMaven();
        List<Process> together = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            together.add(start(home.resolve("scripts/metaq"), "status"));
        }
        for (Process each : together) {
            end(each).with(ExitCode.OK);
        }
        assertThat(home.resolve("builds")).hasContent("built");
    }

    @Test
    void aBuildThatFailsSaysWhyAndRunsNothing() throws Exception {
        aJdkAndMaven();
        standIn("mvn", "#!/bin/bash\necho 'no such artifact'\nexit 1\n");

        CommandProcess.Ended ended =
                end(start(home.resolve("scripts/metaq"), "status")).with(ExitCode.FAILED);

        assertThat(ended.out()).isEmpty();
        assertThat(ended.errorLines()).endsWith("no such artifact", "The build failed; the messages above say why.");
    }

    @Test
    void whereNothingMayBeInstalledItSaysInOneLineWhatIsMissing() throws Exception {
        CommandProcess.Ended ended =
                end(start(home.resolve("scripts/metaq"), "demo")).with(ExitCode.USAGE);

        assertThat(ended.errorLines())
                .containsExactly(
                        "MetaQ needs a JDK of at least 17 and Maven; please install: openjdk-17-jdk-headless maven");
    }
}
