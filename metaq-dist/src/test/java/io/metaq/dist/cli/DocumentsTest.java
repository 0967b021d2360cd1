// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** What the documents and the help texts point to is there: files behind links, and commands as they are written. */
class DocumentsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)[^)]*\\)");
    private static final Pattern FENCE = Pattern.compile("```");
    private static final Pattern EXPLANATION = Pattern.compile(" {2,}.*");
    /** A command in a block of code or in a help text, from the start of a line or behind a pipe. */
    private static final Pattern EXAMPLE =
            Pattern.compile("(?m)^(?:Example: |\\s*)(?:echo [^|]*\\| )?(?:scripts/)?metaq (\\S[^#|\\n]*)");

    static List<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(Stream.of(ROOT.resolve("README.md")), docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void linksLeadToFiles(Path document) throws IOException {
        Matcher link = LINK.matcher(Files.readString(document, StandardCharsets.UTF_8));
        while (link.find()) {
            assertThat(document.resolveSibling(link.group(1))).exists();
        }
    }

    @ParameterizedTest
    @MethodSource("documents")
    void theReadmeLeadsToEveryDocument(Path document) throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"), StandardCharsets.UTF_8);
        if (document.startsWith(ROOT.resolve("docs"))) {
            assertThat(readme).contains("(docs/" + document.getFileName() + ")");
        }
    }

    @Test
    void commandsInDocumentsAreOnesThatTheCommandLineTakes() throws IOException {
        List<String> all = new ArrayList<>();
        for (Path document : documents()) {
            String[] parts = FENCE.split(Files.readString(document, StandardCharsets.UTF_8), -1);
            for (int block = 1; block < parts.length; block += 2) {
                all.addAll(examplesIn(parts[block]));
            }
        }
        assertThat(all).hasSizeGreaterThan(5).allSatisfy(DocumentsTest::assertTaken);
    }

    @Test
    void commandsInHelpTextsAreOnesThatTheCommandLineTakes() {
        List<String> all = new ArrayList<>();
        addExamples(new CommandLine(new Metaq()), all);
        assertThat(all).hasSizeGreaterThan(15).allSatisfy(DocumentsTest::assertTaken);
    }

    private static void addExamples(CommandLine command, List<String> all) {
        all.addAll(examplesIn(
                String.join("\n", command.getCommandSpec().usageMessage().footer())));
        command.getSubcommands().values().forEach(each -> addExamples(each, all));
    }

    /** Without what a help text says behind an example, two spaces later. */
    private static List<String> examplesIn(String text) {
        return EXAMPLE.matcher(text)
                .results()
                .map(found ->
                        EXPLANATION.matcher(found.group(1)).replaceFirst("").strip())
                .toList();
    }

    private static void assertTaken(String example) {
        String[] arguments = Pattern.compile(" ")
                .splitAsStream(example)
                .map(argument -> argument.replace("'", ""))
                .toArray(String[]::new);
        assertThatCode(() -> new CommandLine(new Metaq())
                        .setCaseInsensitiveEnumValuesAllowed(true)
                        .parseArgs(arguments))
                .as(example)
                .doesNotThrowAnyException();
    }

    @Test
    void linesOfHelpThatStandAsTheyAreFitIntoATerminal() {
        List<String> footers = new ArrayList<>();
        addFooters(new CommandLine(new Metaq()), footers);
        assertThat(footers).filteredOn(line -> line.startsWith("  ")).allSatisfy(line -> assertThat(line)
                .hasSizeLessThanOrEqualTo(80));
    }

    private static void addFooters(CommandLine command, List<String> all) {
        all.addAll(List.of(command.getCommandSpec().usageMessage().footer()));
        command.getSubcommands().values().forEach(each -> addFooters(each, all));
    }
}
