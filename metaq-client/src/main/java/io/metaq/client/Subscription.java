// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** What {@link MessageConsumer#subscribe} takes, as a value. */
public record Subscription(String topic, int maxSize, MessageListener messageListener) {}
