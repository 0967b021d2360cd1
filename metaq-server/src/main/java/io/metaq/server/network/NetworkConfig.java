// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.protocol.ProtocolLimits;
import java.time.Duration;

/**
 * What the network may take.
 *
 * @param host null: all interfaces
 * @param port 0: any free one
 * @param maxConnections more are closed at once
 * @param maxInFlightBytes request bodies that wait for their answer, over all connections; beyond it sockets are not read.
 *     Large bodies that are still on their way may be as much again
 * @param maxPendingRequests unanswered requests of one connection; beyond it its socket is not read
 * @param idleTimeout a connection without any bytes for so long is closed
 * @param stallTimeout a request must have arrived whole so long after its first byte, and replies may not stand still for longer
 */
public record NetworkConfig(
        String host,
        int port,
        int ioThreads,
        int maxConnections,
        long maxInFlightBytes,
        int maxPendingRequests,
        Duration idleTimeout,
        Duration stallTimeout,
        ProtocolLimits limits) {}
