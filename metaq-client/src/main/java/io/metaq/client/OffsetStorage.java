// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.Collection;
import java.util.Optional;

/** Keeps how far groups have read. Called by consumers' threads; may block. */
public interface OffsetStorage {
    /** Saves all, or throws; then those not saved are committed again later. */
    void commitOffset(String group, Collection<CommittedOffset> offsets) throws MetaClientException;

    /** Empty when the group never committed this partition. */
    Optional<CommittedOffset> load(String topic, String group, Partition partition) throws MetaClientException;

    void close();
}
