// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** Chooses which messages a listener gets; the others count as consumed. An exception rejects the message. */
@FunctionalInterface
public interface ConsumerMessageFilter {
    boolean accept(String group, Message message);
}
