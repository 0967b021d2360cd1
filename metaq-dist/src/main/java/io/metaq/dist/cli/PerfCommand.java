// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import io.metaq.client.MetaClientException;
import io.metaq.dist.perf.ConsumeLoad;
import io.metaq.dist.perf.LoadResult;
import io.metaq.dist.perf.PerfTarget;
import io.metaq.dist.perf.ProduceLoad;
import io.metaq.dist.perf.RawDisk;
import io.metaq.dist.process.BrokerAdmin;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "perf",
        mixinStandardHelpOptions = true,
        description = "Measures a broker: a new one in a process of its own, or the one at --broker.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {PerfCommand.Produce.class, PerfCommand.Consume.class})
final class PerfCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(System.err);
        return ExitCode.USAGE;
    }

    /** What both share: where the broker is, and sizes. */
    abstract static class Base implements Callable<Integer> {
        private static final int MOST_PAYLOAD_BYTES = 2 << 20;
        private static final int MOST_PARTITIONS = 10_000;

        @Option(
                names = "--broker",
                paramLabel = "HOST:PORT",
                description = "measure this broker (default: start one for the measurement)")
        private String broker;

        @Option(
                names = "--size",
                split = ",",
                defaultValue = "1024",
                paramLabel = "BYTES",
                description = "payload sizes, one run each (default: ${DEFAULT-VALUE})")
        List<Integer> sizes;

        @Option(
                names = "--partitions",
                split = ",",
                defaultValue = "1",
                paramLabel = "N",
                description = "partitions of the topic, one run each (default: ${DEFAULT-VALUE})")
        List<Integer> partitions;

        @Option(names = "--json", description = "print one JSON object a run")
        boolean json;

        /** Ends the command when another option is impossible. */
        abstract void checkMore();

        static void requireWithin(String option, int value, int least, int most) {
            if (value < least || value > most) {
                throw new CommandFailure(
                        ExitCode.USAGE, option + " " + value + ": expected is a number from " + least + " to " + most);
            }
        }

        abstract void measure(PerfTarget target)
                throws IOException, InterruptedException, BrokerAdmin.AdminException, MetaClientException;

        @Override
        public Integer call() throws IOException, InterruptedException {
            sizes.forEach(size -> requireWithin("--size", size, 0, MOST_PAYLOAD_BYTES));
            partitions.forEach(count -> requireWithin("--partitions", count, 1, MOST_PARTITIONS));
            checkMore();
            try (PerfTarget target =
                    broker == null ? PerfTarget.startOwn() : PerfTarget.at(BrokerOption.urlOf(broker))) {
                if (!json) {
                    System.out.println("Raw limit of this disk: " + RawDisk.measure(target.dataDirectory()));
                    System.out.println(LoadResult.HEADER);
                }
                measure(target);
                return ExitCode.OK;
            } catch (BrokerAdmin.AdminException | MetaClientException e) {
                throw new CommandFailure(ExitCode.BROKER, "The measurement broke off: " + e.getMessage(), e);
            }
        }

        void print(LoadResult result) {
            if (json) {
                Json.printLine(result.toJson());
            } else {
                System.out.println(result.toLine());
            }
        }
    }

    @Command(
            name = "produce",
            mixinStandardHelpOptions = true,
            description = "Sends and measures acknowledgements: rate, latency, messages per force.",
            footer = {
                "",
                "Examples:",
                "  metaq perf produce --sync-flush --threads 1,8,64",
                "  metaq perf produce --sync-flush --threads 64 --partitions 1,10,100,1000",
                "  metaq perf produce --async-flush --batched --size 1024,100"
            })
    static final class Produce extends Base {
        private static final int MOST_THREADS = 4096;
        private static final int MOST_SECONDS = 86_400;

        @Option(
                names = "--threads",
                split = ",",
                defaultValue = "1",
                paramLabel = "N",
                description = "senders, one run each; each waits for its acknowledgement before it sends again"
                        + " (default: ${DEFAULT-VALUE})")
        private List<Integer> threads;

        @Option(names = "--sync-flush", description = "acknowledge when forced to disk (the default)")
        private boolean syncFlush;

        @Option(names = "--async-flush", description = "acknowledge when written, force each 10,000 messages")
        private boolean asyncFlush;

        @Option(
                names = "--batched",
                description = "senders do not wait for acknowledgements; messages travel in batches")
        private boolean batched;

        @Option(
                names = "--seconds",
                defaultValue = "8",
                paramLabel = "S",
                description = "length of a run; a quarter more before it warms up (default: ${DEFAULT-VALUE})")
        private int seconds;

        @Override
        void checkMore() {
            if (syncFlush && asyncFlush) {
                throw new CommandFailure(ExitCode.USAGE, "choose one of --sync-flush and --async-flush");
            }
            threads.forEach(count -> requireWithin("--threads", count, 1, MOST_THREADS));
            requireWithin("--seconds", seconds, 1, MOST_SECONDS);
        }

        @Override
        void measure(PerfTarget target)
                throws IOException, InterruptedException, BrokerAdmin.AdminException, MetaClientException {
            for (int size : sizes) {
                for (int count : partitions) {
                    for (int senders : threads) {
                        print(new ProduceLoad(
                                        target, senders, size, count, !asyncFlush, batched, Duration.ofSeconds(seconds))
                                .run());
                    }
                }
            }
        }
    }

    @Command(
            name = "consume",
            mixinStandardHelpOptions = true,
            description = "Fills a topic, then measures how fast it is read from its beginning.",
            footer = {"", "Example: metaq perf consume --size 1024,100 --messages 1000000"})
    static final class Consume extends Base {
        @Option(
                names = "--messages",
                defaultValue = "500000",
                paramLabel = "N",
                description = "messages to fill and read (default: ${DEFAULT-VALUE})")
        private int messages;

        @Override
        void checkMore() {
            requireWithin("--messages", messages, 1, Integer.MAX_VALUE);
        }

        @Override
        void measure(PerfTarget target)
                throws IOException, InterruptedException, BrokerAdmin.AdminException, MetaClientException {
            for (int size : sizes) {
                for (int count : partitions) {
                    print(new ConsumeLoad(target, size, count, messages).run());
                }
            }
        }
    }
}
