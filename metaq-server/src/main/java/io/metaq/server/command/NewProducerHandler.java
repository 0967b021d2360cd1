// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.network.Exchange;
import io.metaq.server.topic.TopicRegistry;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** {@code producer}: a producer id of its own for each asker. */
final class NewProducerHandler implements CommandHandler<Request.NewProducer> {
    private final TopicRegistry topics;
    private final Executor blocking;

    NewProducerHandler(TopicRegistry topics, Executor blocking) {
        this.topics = topics;
        this.blocking = blocking;
    }

    @Override
    public void handle(Request.NewProducer request, Exchange exchange) {
        try {
            blocking.execute(() -> {
                try {
                    exchange.result(StatusCode.OK, Long.toString(topics.newProducerId()));
                } catch (IOException e) {
                    exchange.result(StatusCode.FAILED, "cannot reserve a producer id: " + e.getMessage());
                }
            });
        } catch (RejectedExecutionException e) {
            exchange.result(StatusCode.BUSY, "the broker is busy; try again");
        }
    }
}
