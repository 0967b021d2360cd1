// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The original client 1.4.6.2, unchanged, works against our broker; and ours hands out what the original could not, keeps
 * the order it did not, and gives rising ids.
 */
class OriginalClientCompatibilityTest extends OriginalClientContract {
    @Override
    BrokerProcess broker(Path home, int port, String zkConnect, List<String> topics) {
        return new MetaqBrokerProcess(home, port, zkConnect, topics);
    }

    @Override
    Stream<String> scenarios() {
        return Stream.concat(ALL_SCENARIOS.stream(), Stream.of("beyond-transfer-limit", "pipelined"));
    }
}
