// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.MetaClientException;
import io.metaq.client.SendResult;

/** Who waits for one message. Exactly one of the two is called, once. */
interface Completion {
    void stored(SendResult result);

    void failed(MetaClientException why);
}
