// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

/**
 * A key and the value that holds, for an operator who asks what the broker was told.
 *
 * @param section {@code system}, {@code zookeeper} or {@code topic=NAME}
 * @param value as it is written; empty: none
 */
public record EffectiveSetting(String section, String key, String value, Source source) {
    /** Who decided. */
    public enum Source {
        FILE,
        INHERITED,
        DEFAULT
    }
}
