// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "log", description = "placeholder")
final class LogCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        return ExitCode.OK;
    }
}
