// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.server.commit.LogHandle;

/**
 * One partition of a topic on this broker. Immutable.
 *
 * @param isClosed by an operator: puts and gets are answered 403
 */
public record Partition(String topic, int index, LogHandle log, boolean isClosed) {}
