// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

/** How other threads reach the sender. Posting never blocks; what is posted runs soon, in order. */
@FunctionalInterface
interface SenderMailbox {
    void post(Runnable work);
}
