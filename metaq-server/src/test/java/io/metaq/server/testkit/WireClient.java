// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Speaks to a broker in bytes, as a telnet user or a foreign client would. Blocking; not thread-safe. */
public final class WireClient implements Closeable {
    private static final int READ_TIMEOUT_MS = 20_000;

    /** A reply: its header line without CRLF, and its body. */
    public static final class WireReply {
        private final String header;
        private final byte[] body;

        WireReply(String header, byte[] body) {
            this.header = header;
            this.body = body;
        }

        public String header() {
            return header;
        }

        public byte[] body() {
            return body;
        }

        public String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        /** The code of a {@code result}; 200 for a {@code value}. */
        public int code() {
            return header.startsWith("value") ? 200 : Integer.parseInt(header.split(" ", -1)[1]);
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    public WireClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(READ_TIMEOUT_MS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        out = socket.getOutputStream();
    }

    public void write(String ascii) throws IOException {
        write(ascii.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void write(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /** The next reply; throws {@link java.io.EOFException} when the broker has closed. */
    public WireReply read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int next = in.readUnsignedByte(); next != '\n'; next = in.readUnsignedByte()) {
            line.write(next);
        }
        String header = line.toString(StandardCharsets.ISO_8859_1).strip();
        String[] fields = header.split(" ", -1);
        byte[] body = new byte[Integer.parseInt(header.startsWith("value") ? fields[1] : fields[2])];
        in.readFully(body);
        return new WireReply(header, body);
    }

    public WireReply ask(String ascii) throws IOException {
        write(ascii);
        return read();
    }

    /** Closes the sending half only. */
    public void endOfRequests() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
