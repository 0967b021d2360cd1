// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import io.metaq.dist.testkit.JavaProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Our broker, started by its command line from the class path of the tests. */
final class MetaqBrokerProcess extends BrokerProcess {
    /** The command line's class; by name, since these tests know the broker only from outside. */
    private static final String COMMAND_LINE = "io.metaq.dist.cli.Metaq";

    MetaqBrokerProcess(Path home, int port, String zkConnect, List<String> topics) {
        super(home, port, zkConnect, topics);
    }

    @Override
    JavaProcess launch() throws IOException {
        return command("metaq-broker", "broker", "--config", ini().toString());
    }

    @Override
    boolean replacesStaleNodes() {
        return true;
    }

    @Override
    void createTopic(String topic) throws IOException, InterruptedException {
        String server = "127.0.0.1:" + port();
        try (JavaProcess create =
                command("topic-create", "topic", "create", topic, "--partitions", "2", "--broker", server)) {
            if (create.awaitExit(Duration.ofSeconds(30)) != 0) {
                throw new AssertionError(create.story());
            }
        }
    }

    private JavaProcess command(String name, String... arguments) throws IOException {
        List<String> program = new ArrayList<>(List.of(COMMAND_LINE));
        program.addAll(List.of(arguments));
        return JavaProcess.start(name, home(), System.getProperty("java.class.path"), program);
    }
}
