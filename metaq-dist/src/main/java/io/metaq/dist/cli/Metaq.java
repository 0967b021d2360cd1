// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** The {@code metaq} command. */
@Command(
        name = "metaq",
        mixinStandardHelpOptions = true,
        version = "metaq 2.0.0",
        description = "A transactional message broker that speaks the MetaQ 1.4 protocol.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "First steps:",
            "  metaq demo                             kills a broker and counts what was lost",
            "  metaq broker --config conf/server.ini  a broker with its own ZooKeeper",
            "  echo hello | metaq produce test        sends a line",
            "  metaq consume test --from beginning    reads it back",
            "",
            "Exit codes: 0 done; 1 not as it should be; 2 wrong command line or configuration; 3 broker out of reach or"
                    + " refusing; 141 nobody reads the output any more."
        },
        subcommands = {
            HelpCommand.class,
            BrokerCommand.class,
            DemoCommand.class,
            TopicCommand.class,
            ProduceCommand.class,
            ConsumeCommand.class,
            PerfCommand.class,
            LogCommand.class,
            ConfigCommand.class,
            StatusCommand.class
        })
public final class Metaq implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** As {@link #main}, but returns the exit code. */
    static int run(String... args) {
        return new CommandLine(new Metaq())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Metaq::onWrongArguments)
                .setExecutionExceptionHandler(Metaq::onFailure)
                .execute(args);
    }

    /** The problem alone: behind a page of help it would not be seen. */
    private static int onWrongArguments(CommandLine.ParameterException problem, String[] args) {
        CommandLine commandLine = problem.getCommandLine();
        commandLine.getErr().println(problem.getMessage());
        CommandLine.UnmatchedArgumentException.printSuggestions(problem, commandLine.getErr());
        commandLine.getErr().println("See " + commandLine.getCommandSpec().qualifiedName() + " --help");
        return ExitCode.USAGE;
    }

    private static int onFailure(Exception failure, CommandLine commandLine, CommandLine.ParseResult result) {
        if (isEnding()) {
            return ExitCode.FAILED; // nobody gets it: the signal gives the exit code, and is what made the command fail
        }
        if (failure instanceof CommandFailure told) {
            commandLine.getErr().println(told.getMessage());
            return told.exitCode();
        }
        if (failure instanceof Output.ReaderGoneException) {
            return ExitCode.READER_GONE;
        }
        commandLine.getErr().println("metaq failed: " + failure);
        failure.printStackTrace(commandLine.getErr());
        return ExitCode.FAILED;
    }

    /** Whether this process was told to end. Only trying to add a hook tells. */
    private static boolean isEnding() {
        Thread probe = new Thread(() -> {}, "metaq-probe");
        try {
            Runtime.getRuntime().addShutdownHook(probe);
            Runtime.getRuntime().removeShutdownHook(probe);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(System.out);
        return ExitCode.OK;
    }
}
