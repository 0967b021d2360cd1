// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.zookeeper;

import java.io.IOException;

/** Another live broker has registered our id. */
public final class BrokerIdTakenException extends IOException {
    private static final long serialVersionUID = 1L;

    BrokerIdTakenException(int brokerId, String otherUrl) {
        super("broker id " + brokerId + " is taken by " + otherUrl
                + ", which answers; stop that broker, or set another brokerId here");
    }
}
