// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.server.boot.Broker;
import io.metaq.server.config.ConfigReader;
import java.nio.file.Path;

/** A broker with short deadlines, so that a test need not wait long for them. */
final class BrokerUnderAttack {
    static final int STALL_TIMEOUT_MS = 2000;

    private BrokerUnderAttack() {}

    /** @param system more lines of the section [system] */
    static Broker start(Path directory, String system) throws Exception {
        return Broker.start(ConfigReader.parse("test.ini", """
                [system]
                brokerId=3
                serverPort=0
                dashboardHttpPort=0
                hostName=127.0.0.1
                ioThreads=2
                stallTimeoutMs=%d
                dataPath=%s
                %s
                [zookeeper]
                zk.embeddedPort=0
                [topic=test]
                numPartitions=4
                """.formatted(STALL_TIMEOUT_MS, directory, system)));
    }
}
