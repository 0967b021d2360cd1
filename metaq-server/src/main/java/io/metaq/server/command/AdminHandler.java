// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.network.Exchange;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code admin}: operator commands, for clients on this machine only. */
final class AdminHandler implements CommandHandler<Request.Admin> {
    private static final Logger LOG = LoggerFactory.getLogger(AdminHandler.class);

    private final Map<String, AdminVerb> verbs;
    private final Executor blocking;
    private final ObjectMapper json = new ObjectMapper();

    AdminHandler(Map<String, AdminVerb> verbs, Executor blocking) {
        this.verbs = Map.copyOf(verbs);
        this.blocking = blocking;
    }

    @Override
    public void handle(Request.Admin request, Exchange exchange) {
        if (!exchange.connection().isLoopback()) {
            exchange.result(StatusCode.FORBIDDEN, "operator commands are answered on the broker's own machine only");
            return;
        }
        AdminVerb verb = verbs.get(request.verb());
        if (verb == null) {
            exchange.result(
                    StatusCode.BAD_REQUEST,
                    "there is no operator command '" + request.verb() + "'; known are "
                            + verbs.keySet().stream().sorted().toList());
            return;
        }
        try {
            blocking.execute(() -> run(verb, request, exchange));
        } catch (RejectedExecutionException e) {
            exchange.result(StatusCode.BUSY, "the broker is busy; try again");
        }
    }

    private void run(AdminVerb verb, Request.Admin request, Exchange exchange) {
        JsonNode arguments;
        try {
            arguments = json.readTree(request.json().isEmpty() ? "{}" : request.json());
        } catch (JsonProcessingException e) {
            exchange.result(StatusCode.BAD_REQUEST, "the arguments are not JSON: " + e.getOriginalMessage());
            return;
        }
        try {
            exchange.result(StatusCode.OK, json.writeValueAsString(verb.run(arguments)));
        } catch (AdminVerb.RefusedException e) {
            exchange.result(e.code(), e.getMessage());
        } catch (IOException e) {
            LOG.error("Operator command failed verb={}", request.verb(), e);
            exchange.result(StatusCode.FAILED, request.verb() + " failed: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("Operator command failed verb={}", request.verb(), e);
            exchange.result(StatusCode.FAILED, request.verb() + " failed, see the broker's log: " + e);
        }
    }
}
