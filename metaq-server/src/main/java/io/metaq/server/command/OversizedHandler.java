// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.network.Exchange;

/** Refuses a {@code put} or {@code batch} that is larger than any request's body may be, in the words of their own handlers. */
final class OversizedHandler implements CommandHandler<Request.Oversized> {
    private final CommandConfig config;
    private final CommandCounters counters;

    OversizedHandler(CommandConfig config, CommandCounters counters) {
        this.config = config;
        this.counters = counters;
    }

    @Override
    public void handle(Request.Oversized request, Exchange exchange) {
        counters.putFailed(request.topic());
        String failed = AppendAnswers.putFailed(config.brokerUrl(), request.topic(), request.partition()) + "Detail:";
        if (request.isBatch()) {
            exchange.result(StatusCode.TOO_LARGE, failed + AppendAnswers.batchTooLarge(request.bodyBytes(), config));
        } else {
            exchange.result(StatusCode.FAILED, failed + AppendAnswers.payloadTooLarge(request.bodyBytes(), config));
        }
    }
}
