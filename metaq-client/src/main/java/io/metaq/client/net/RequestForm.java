// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import io.metaq.protocol.Request;

/** A request that lacks only its opaque. Called at most once, on an event loop, just before the request is written. */
@FunctionalInterface
public interface RequestForm {
    /** A request with a body owns one reference of it. */
    Request with(int opaque);
}
