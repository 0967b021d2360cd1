// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/**
 * The interfaces that plug-ins implement: how transactions and replication reach the broker. Read {@link
 * io.metaq.server.plugin.BrokerPlugin} first.
 */
package io.metaq.server.plugin;
