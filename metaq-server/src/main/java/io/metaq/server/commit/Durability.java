// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

/** How safe an acknowledged append is; also the condition an acknowledgement waits for. */
public enum Durability {
    /** In the operating system's page cache: survives a kill of the broker, not a loss of power. */
    WRITTEN,
    /** fdatasync has returned. */
    FLUSHED,
    /** On the disks of the required in-sync replicas as well. */
    REPLICATED
}
