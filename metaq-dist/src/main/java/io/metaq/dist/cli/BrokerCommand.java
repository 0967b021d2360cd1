// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import io.metaq.server.boot.Broker;
import io.metaq.server.boot.InstalledPlugins;
import io.metaq.server.config.BrokerConfig;
import io.metaq.server.config.ConfigException;
import io.metaq.server.config.ConfigReader;
import io.metaq.server.plugin.BrokerPlugin;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "broker",
        mixinStandardHelpOptions = true,
        description = "Runs a broker until it is told to stop (Ctrl-C or SIGTERM).",
        footer = {
            "",
            "Example: metaq broker --config conf/server.ini",
            "",
            "Exit codes: 143 after SIGTERM and 130 after Ctrl-C when everything was closed in order; 1 when it could not be"
                    + " or the broker could not start; 2 when the configuration is wrong."
        })
final class BrokerCommand implements Callable<Integer> {
    @Option(names = "--config", paramLabel = "FILE", required = true, description = "the broker's ini file")
    private Path config;

    @Override
    public Integer call() throws InterruptedException {
        List<BrokerPlugin> plugins = InstalledPlugins.load();
        BrokerConfig settings = read(config, plugins);
        Broker broker = start(settings, plugins);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(broker), "metaq-shutdown"));
        tell(broker, settings.httpHost());
        new CountDownLatch(1).await(); // the end comes by the hook
        return ExitCode.OK;
    }

    /** Leaves the exit code to the JVM, which tells the signal, unless the stop was not a clean one. */
    private static void stop(Broker broker) {
        System.out.println("Stopping ...");
        broker.close();
        boolean clean = broker.closedCleanly();
        System.out.println(clean ? "Stopped cleanly." : "Stopped, but not cleanly; the lines above say why.");
        System.out.flush();
        if (!clean) {
            Runtime.getRuntime().halt(ExitCode.FAILED);
        }
    }

    static BrokerConfig read(Path file, List<BrokerPlugin> plugins) {
        try {
            return ConfigReader.read(file, InstalledPlugins.sections(plugins));
        } catch (ConfigException e) {
            throw new CommandFailure(ExitCode.USAGE, e.getMessage(), e);
        }
    }

    private static Broker start(BrokerConfig config, List<BrokerPlugin> plugins) {
        try {
            return Broker.start(config, plugins);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "The broker cannot start: " + reason(e), e);
        }
    }

    /** The message of a failure of the file system is often the file alone. */
    private static String reason(IOException e) {
        return e instanceof FileSystemException file && file.getReason() == null
                ? file.getClass().getSimpleName() + " " + file.getMessage()
                : e.getMessage();
    }

    private static void tell(Broker broker, String httpHost) {
        long sinceJvmMs = System.currentTimeMillis()
                - ManagementFactory.getRuntimeMXBean().getStartTime();
        System.out.println("MetaQ broker is running");
        System.out.println("  clients    " + broker.url());
        System.out.println("  zookeeper  " + (broker.zookeeperConnect() == null ? "none" : broker.zookeeperConnect()));
        System.out.println("  http       "
                + (broker.httpPort() < 0 ? "none" : "http://" + httpHost + ":" + broker.httpPort() + "/metrics"));
        System.out.println("  data       " + broker.dataDirectory());
        System.out.println("Started in " + sinceJvmMs + " ms. Ctrl-C stops it.");
        System.out.flush();
    }
}
