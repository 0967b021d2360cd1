// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.netty.util.ReferenceCountUtil;
import java.util.List;

/**
 * A whole reply on its way to the socket; nothing goes between its parts.
 *
 * @param parts buffers and file regions; the queue owns a reference of each
 * @param memoryBytes the buffers' part
 */
record QueuedReply(List<?> parts, int memoryBytes) {
    void release() {
        parts.forEach(ReferenceCountUtil::release);
    }
}
