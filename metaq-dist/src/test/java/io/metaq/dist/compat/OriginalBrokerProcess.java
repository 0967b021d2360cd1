// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import io.metaq.dist.testkit.JavaProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The original broker, {@code metamorphosis-server:1.4.6.2}. */
final class OriginalBrokerProcess extends BrokerProcess {
    OriginalBrokerProcess(Path home, int port, String zkConnect, List<String> topics) {
        super(home, port, zkConnect, topics);
    }

    @Override
    JavaProcess launch() throws IOException {
        return OriginalPrograms.broker(home(), ini());
    }

    @Override
    boolean replacesStaleNodes() {
        return false;
    }

    @Override
    void createTopic(String topic) throws IOException {
        declareTopic(topic);
        process().send("reload");
        process().awaitLines("reloaded", Duration.ofSeconds(20), lines -> lines.contains("reloaded"));
    }
}
