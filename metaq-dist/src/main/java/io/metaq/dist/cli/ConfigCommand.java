// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import io.metaq.server.boot.InstalledPlugins;
import io.metaq.server.config.BrokerConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = "Works on configuration files.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = ConfigCommand.Check.class)
final class ConfigCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(System.err);
        return ExitCode.USAGE;
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Tells everything that is wrong with a broker's ini file, a line each, and starts nothing.",
            footer = {"", "Example: metaq config check conf/server.ini"})
    static final class Check implements Callable<Integer> {
        @Parameters(paramLabel = "FILE")
        private Path file;

        @Override
        public Integer call() {
            BrokerConfig config = BrokerCommand.read(file, InstalledPlugins.load());
            config.notes().forEach(System.out::println);
            System.out.println(file + " is fine: broker " + config.brokerId() + ", port "
                    + config.network().port() + ", data in " + config.dataDirectory());
            return ExitCode.OK;
        }
    }
}
