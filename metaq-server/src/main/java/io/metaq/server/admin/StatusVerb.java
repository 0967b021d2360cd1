// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.server.command.AdminVerb;

/** {@code status}. */
public final class StatusVerb implements AdminVerb {
    private final BrokerStatus status;

    public StatusVerb(BrokerStatus status) {
        this.status = status;
    }

    @Override
    public JsonNode run(JsonNode arguments) throws RefusedException {
        AdminArguments.requireOnly(arguments);
        return status.toJson();
    }
}
