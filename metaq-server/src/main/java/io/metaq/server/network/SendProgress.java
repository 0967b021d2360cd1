// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;

/** Since when a peer has taken nothing of what waits for it; parts of a file count as well. Of the connection's event loop. */
final class SendProgress {
    private int waitingIdentity;
    private long waitingBytes;
    private long waitingProgress;
    private long sinceNanos;

    /** 0 while nothing waits. The result grows only when nothing has moved since the look before. */
    long stillForNanos(Channel channel, long nowNanos) {
        ChannelOutboundBuffer out = channel.unsafe().outboundBuffer();
        if (out == null || out.current() == null) {
            waitingIdentity = 0;
            return 0;
        }
        int identity = System.identityHashCode(out.current());
        long bytes = out.totalPendingWriteBytes();
        long progress = out.currentProgress();
        if (identity != waitingIdentity || bytes < waitingBytes || progress != waitingProgress) {
            sinceNanos = nowNanos;
        }
        waitingIdentity = identity;
        waitingBytes = bytes;
        waitingProgress = progress;
        return nowNanos - sinceNanos;
    }
}
