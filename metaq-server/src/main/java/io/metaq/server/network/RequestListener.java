// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.metaq.protocol.Request;

/** Takes requests on their connection's event loop; must not block, and answers each {@link Exchange} exactly once. */
@FunctionalInterface
public interface RequestListener {
    /** The request's body, if it has one, belongs to the listener. */
    void onRequest(Request request, Exchange exchange);
}
