// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A put as MetaQ 1.4 has it, on a bare socket: what a client sees that does not repeat. ASCII only. */
final class PlainPut implements AutoCloseable {
    private static final int TIMEOUT_MS = 30_000;
    private final Socket socket;
    private final BufferedReader in;

    PlainPut(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MS);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** The header line of the answer and its text. */
    String answer(String topic, int partition, String data) throws IOException {
        String frame = "put " + topic + " " + partition + " " + data.length() + " 0 -1 1\r\n" + data;
        socket.getOutputStream().write(frame.getBytes(StandardCharsets.US_ASCII));
        String header = in.readLine();
        char[] text = new char[Integer.parseInt(header.split(" ", -1)[2])];
        for (int read = 0; read < text.length; ) {
            int more = in.read(text, read, text.length - read);
            if (more < 0) {
                throw new IOException("the connection ended inside an answer: " + header);
            }
            read += more;
        }
        return header + " " + new String(text);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
