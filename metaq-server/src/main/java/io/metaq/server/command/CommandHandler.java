// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.server.network.Exchange;

/**
 * Answers one kind of request. Called on the connection's event loop: must not block, hands slow work to an executor, and
 * answers the exchange exactly once. A body in the request belongs to the handler.
 */
@FunctionalInterface
public interface CommandHandler<R extends Request> {
    void handle(R request, Exchange exchange);
}
