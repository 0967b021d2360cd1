/**
 * Connections to brokers: one for each broker of a factory, shared by everything the factory made.
 *
 * <p>Threads: the event loops ({@code metaq-client-io-n}) own connections and complete every future; what depends on a reply
 * must not block. Read {@link io.metaq.client.net.BrokerLink} first.
 */
package io.metaq.client.net;
