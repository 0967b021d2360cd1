// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import io.metaq.client.MetaClientException;
import io.metaq.dist.demo.CrashDemo;
import io.metaq.dist.process.BrokerAdmin;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Starts a broker with its own ZooKeeper, sends messages with every acknowledgement forced to disk, kills the"
                    + " broker with SIGKILL half way, starts it again, and counts what was lost, doubled or out of order.",
            "Needs nothing that runs already, uses free ports, and leaves nothing behind."
        })
final class DemoCommand implements Callable<Integer> {
    @Option(
            names = "--messages",
            paramLabel = "N",
            defaultValue = "100000",
            description = "how many messages to send (default: ${DEFAULT-VALUE})")
    private int messages;

    /** Told by the launcher: the JDK's own answer depends on its version, and on standard input too. */
    private static boolean onTerminal() {
        return Boolean.getBoolean("metaq.terminal");
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (messages < 1) {
            throw new CommandFailure(ExitCode.USAGE, "--messages " + messages + ": expected is a number above 0");
        }
        try {
            return new CrashDemo(messages, System.out, onTerminal()).run() ? ExitCode.OK : ExitCode.FAILED;
        } catch (BrokerAdmin.AdminException | MetaClientException | TimeoutException e) {
            throw new CommandFailure(ExitCode.BROKER, "The demonstration broke off: " + e.getMessage(), e);
        }
    }
}
