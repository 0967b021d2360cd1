// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** An operator's command: JSON in, JSON out. Called on an admin thread; may block. Thread-safe. */
@FunctionalInterface
public interface AdminVerb {
    /** The request is refused; nothing has changed. */
    final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;
        private final int code;

        /** @param code one of {@link io.metaq.protocol.StatusCode} */
        public RefusedException(int code, String message) {
            super(message);
            this.code = code;
        }

        public int code() {
            return code;
        }
    }

    JsonNode run(JsonNode arguments) throws IOException, RefusedException;
}
