// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import io.metaq.client.net.BrokerUrl;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a live broker from the node that a dead one has left. */
final class BrokerProbe {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerProbe.class);
    private static final int TIMEOUT_MS = 2_000;
    private static final byte[] HEARTBEAT = "version 1\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final String ANSWER = "result ";

    private BrokerProbe() {}

    /** Does a broker answer at this address? Blocks for four seconds at most. */
    static boolean answers(String brokerUrl) {
        try (Socket socket = new Socket()) {
            BrokerUrl url = BrokerUrl.parse(brokerUrl);
            socket.setSoTimeout(TIMEOUT_MS);
            socket.connect(new InetSocketAddress(url.host(), url.port()), TIMEOUT_MS);
            socket.getOutputStream().write(HEARTBEAT);
            byte[] answer = socket.getInputStream().readNBytes(ANSWER.length());
            return new String(answer, StandardCharsets.US_ASCII).equals(ANSWER);
        } catch (IOException | IllegalArgumentException e) {
            LOG.debug("No broker answers url={}", brokerUrl, e);
            return false;
        }
    }
}
