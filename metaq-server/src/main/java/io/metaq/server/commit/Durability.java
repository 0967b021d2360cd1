// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import java.util.Locale;

/** How safe an acknowledged append is. */
public enum Durability {
    /** In the operating system's page cache: survives a kill of the broker, not a loss of power. */
    WRITTEN,
    /** fdatasync has returned. */
    FLUSHED;

    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
