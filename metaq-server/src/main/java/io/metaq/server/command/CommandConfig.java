// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import java.time.Duration;

/**
 * What the commands need to know.
 *
 * @param brokerUrl {@code meta://host:port}, as it stands in error texts
 * @param maxMessageBytes a payload; 1.4 consumers read at most 2 MiB
 * @param maxBatchBytes the records of a batch, inflated
 * @param maxTransferBytes of one {@code get}; a single larger record is sent whole
 * @param answerMaxOffset a {@code get} beyond the end is answered 301 with the end (1.4: updateConsumerOffsets)
 * @param getHold how long a {@code get} at the end waits for data
 * @param maxFetchWait the longest a {@code fetch} may wait
 */
public record CommandConfig(
        int brokerId,
        String brokerUrl,
        String version,
        int maxMessageBytes,
        int maxBatchBytes,
        int maxTransferBytes,
        boolean answerMaxOffset,
        Duration getHold,
        Duration maxFetchWait) {}
