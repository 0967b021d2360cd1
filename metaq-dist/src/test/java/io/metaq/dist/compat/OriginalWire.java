// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import io.metaq.protocol.ProtocolLimits;
import io.metaq.protocol.Reply;
import io.metaq.protocol.ReplyDecoder;
import io.metaq.protocol.Request;
import io.metaq.protocol.RequestEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;

/** A connection that speaks with our codec, one request at a time, to a broker that is not ours. */
final class OriginalWire implements AutoCloseable {
    private static final int ANSWER_TIMEOUT_MS = 10_000;

    private final EmbeddedChannel codec =
            new EmbeddedChannel(new RequestEncoder(), new ReplyDecoder(ProtocolLimits.DEFAULT));
    private final Socket socket;

    OriginalWire(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(ANSWER_TIMEOUT_MS);
    }

    Reply ask(Request request) throws IOException {
        tell(request);
        byte[] buffer = new byte[8192];
        for (Reply reply = codec.readInbound(); ; reply = codec.readInbound()) {
            if (reply != null) {
                return reply;
            }
            int read = socket.getInputStream().read(buffer);
            if (read < 0) {
                throw new IOException("connection closed instead of an answer to " + request);
            }
            codec.writeInbound(Unpooled.copiedBuffer(buffer, 0, read));
        }
    }

    Reply.Result askForResult(Request request) throws IOException {
        return (Reply.Result) ask(request);
    }

    void tell(Request request) throws IOException {
        codec.writeOutbound(request);
        for (ByteBuf bytes = codec.readOutbound(); bytes != null; bytes = codec.readOutbound()) {
            bytes.readBytes(socket.getOutputStream(), bytes.readableBytes());
            bytes.release();
        }
        socket.getOutputStream().flush();
    }

    /** True when the broker has closed the connection. */
    boolean isAtEnd() throws IOException {
        return socket.getInputStream().read() < 0;
    }

    @Override
    public void close() throws IOException {
        codec.finishAndReleaseAll();
        socket.close();
    }
}
