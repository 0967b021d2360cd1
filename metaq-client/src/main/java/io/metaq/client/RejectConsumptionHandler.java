// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** Decides about a message that its listener failed to consume {@code maxFetchRetries} times. */
@FunctionalInterface
public interface RejectConsumptionHandler {
    /** What happens next with the message. */
    enum Decision {
        /** Deliver it again, as often as it takes: nothing is lost, its partition waits. The default. */
        RETRY,
        /** It is dealt with: go on behind it. */
        SKIP
    }

    /** Called on the listener's thread each time the retries are used up. An exception counts as {@link Decision#RETRY}. */
    Decision rejectConsumption(Message message, MessageConsumer consumer);
}
