// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import java.util.function.IntSupplier;

/**
 * What {@code stats} tells that no handler counts.
 *
 * @param brokerId of this broker
 * @param startedMs when it started, epoch milliseconds
 * @param configText the ini file, as {@code stats config} shows it
 * @param connections how many there are now
 */
public record StatsSource(
        int brokerId,
        int port,
        String version,
        long startedMs,
        String configText,
        long configChecksum,
        IntSupplier connections) {}
