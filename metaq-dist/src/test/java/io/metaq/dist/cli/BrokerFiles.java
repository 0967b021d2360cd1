// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** An ini file for a broker on free ports, as a user writes it. */
record BrokerFiles(Path ini, Path data, int port) {
    static BrokerFiles write(Path directory, String name, Path data, String... moreLines) throws IOException {
        int port = freePort();
        String text = """
                [system]
                brokerId=0
                hostName=127.0.0.1
                serverPort=%d
                dashboardHttpPort=-1
                dataPath=%s
                %s
                [zookeeper]
                zk.embeddedPort=%d
                """.formatted(port, data, String.join("\n", moreLines), freePort());
        Path ini = Files.writeString(directory.resolve(name), text, StandardCharsets.UTF_8);
        return new BrokerFiles(ini, data, port);
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    String address() {
        return "127.0.0.1:" + port;
    }
}
