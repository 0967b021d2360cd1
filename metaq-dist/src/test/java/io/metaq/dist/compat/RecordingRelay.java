// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.compat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between a client and a broker, passes every byte on, and keeps it. */
final class RecordingRelay implements AutoCloseable {
    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int brokerPort;
    private final List<Conversation> conversations = new CopyOnWriteArrayList<>();

    RecordingRelay(int brokerPort) throws IOException {
        this.brokerPort = brokerPort;
        startThread("relay-accept", this::accept);
    }

    String url() {
        return "meta://127.0.0.1:" + listening.getLocalPort();
    }

    /** One for each connection the client has made. */
    List<Conversation> conversations() {
        return List.copyOf(conversations);
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Conversation conversation : conversations) {
            conversation.close();
        }
    }

    private void accept() throws IOException {
        while (!listening.isClosed()) {
            conversations.add(new Conversation(listening.accept(), brokerPort));
        }
    }

    private static void startThread(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException closed) {
                        // One side hung up; what it said until then is recorded, and the test looks at just that.
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private interface Work {
        void run() throws IOException;
    }

    /** What was said on one connection, in both directions. */
    static final class Conversation {
        private final ByteArrayOutputStream requests = new ByteArrayOutputStream();
        private final ByteArrayOutputStream replies = new ByteArrayOutputStream();
        private final Socket client;
        private final Socket broker = new Socket();

        private Conversation(Socket client, int brokerPort) throws IOException {
            this.client = client;
            broker.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), brokerPort));
            startThread("relay-requests", () -> pass(client.getInputStream(), broker.getOutputStream(), requests));
            startThread("relay-replies", () -> pass(broker.getInputStream(), client.getOutputStream(), replies));
        }

        byte[] requests() {
            return requests.toByteArray();
        }

        byte[] replies() {
            return replies.toByteArray();
        }

        private void pass(InputStream from, OutputStream to, ByteArrayOutputStream record) throws IOException {
            byte[] buffer = new byte[8192];
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                record.write(buffer, 0, read);
                to.write(buffer, 0, read);
            }
            close();
        }

        private void close() throws IOException {
            client.close();
            broker.close();
        }
    }
}
