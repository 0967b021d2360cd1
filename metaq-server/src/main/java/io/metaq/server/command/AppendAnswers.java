// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.StatusCode;
import io.metaq.server.commit.AppendFailure;

/** How the end of an append is told on the wire. */
final class AppendAnswers {
    private AppendAnswers() {}

    static int codeOf(AppendFailure.Reason reason) {
        return switch (reason) {
            case BUSY -> StatusCode.BUSY;
            case DISK_FULL -> StatusCode.DISK_FULL;
            case OFFLINE -> StatusCode.FAILED;
            case OUT_OF_SEQUENCE -> StatusCode.CONFLICT;
        };
    }

    static String payloadTooLarge(int bytes, CommandConfig config) {
        return "a payload of " + bytes + " bytes is larger than maxMessageSize " + config.maxMessageBytes();
    }

    static String batchTooLarge(int bytes, CommandConfig config) {
        return "a batch of " + bytes + " bytes is larger than maxBatchSize " + config.maxBatchBytes();
    }

    /** How 1.4's error texts of a put begin. */
    static String putFailed(String brokerUrl, String topic, int partition) {
        return "Put message to [broker '" + brokerUrl + "'] [partition '" + topic + "-" + partition + "'] failed.";
    }
}
