// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The measure is right: the original broker passes what we ask of ours, but for what 1.4 could not do. */
class OriginalClientAgainstOriginalBrokerTest extends OriginalClientContract {
    @Override
    BrokerProcess broker(Path home, int port, String zkConnect, List<String> topics) {
        return new OriginalBrokerProcess(home, port, zkConnect, topics);
    }

    @Override
    Stream<String> scenarios() {
        return ALL_SCENARIOS.stream();
    }
}
