// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/**
 * Stands between a client and a broker and loses answers: the request has reached the broker and was done, but in place of
 * its answer the client finds the connection closed, or waits in vain.
 */
final class CuttingProxy implements AutoCloseable {
    /** What happens to a piece of an answer. */
    enum Fate {
        PASS,
        /** It is lost, and both connections are closed. */
        CUT,
        /** It is lost, and so is everything later on this connection, which stays open. */
        SILENCE
    }

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int brokerPort;
    private final List<Conversation> conversations = new CopyOnWriteArrayList<>();
    private final AtomicInteger lost = new AtomicInteger();
    private volatile Fate next = Fate.PASS;
    private volatile BooleanSupplier randomCut = () -> false;
    private volatile boolean refusing;

    CuttingProxy(int brokerPort) throws IOException {
        this.brokerPort = brokerPort;
        startThread("proxy-accept", this::accept);
    }

    String url() {
        return "meta://" + address();
    }

    String address() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    /** With true every connection is closed, and so is each new one; as when a network is away. */
    void refuseAll(boolean refuse) throws IOException {
        refusing = refuse;
        if (refuse) {
            for (Conversation each : conversations) {
                each.close();
            }
        }
    }

    /** The next piece of an answer, on whichever connection, meets this fate; those behind it pass. */
    void fateOfNextAnswer(Fate fate) {
        next = fate;
    }

    /** Each piece of an answer is asked for; true cuts. */
    void cutWhen(BooleanSupplier random) {
        randomCut = random;
    }

    /** How many pieces of answers did not arrive. */
    int lost() {
        return lost.get();
    }

    private synchronized Fate takeFate() {
        Fate fate = next;
        next = Fate.PASS;
        if (fate == Fate.PASS && randomCut.getAsBoolean()) {
            fate = Fate.CUT;
        }
        if (fate != Fate.PASS) {
            lost.incrementAndGet();
        }
        return fate;
    }

    private void accept() throws IOException {
        while (!listening.isClosed()) {
            Socket client = listening.accept();
            if (refusing) {
                client.close();
            } else {
                conversations.add(new Conversation(client));
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void startThread(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException closed) {
                        // One side hung up, which is what this is for; the other side is closed with it.
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Conversation each : conversations) {
            each.close();
        }
    }

    private final class Conversation {
        private final Socket client;
        private final Socket broker = new Socket();

        Conversation(Socket client) {
            this.client = client;
            startThread("proxy-requests", () -> {
                try {
                    broker.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), brokerPort));
                    startThread("proxy-answers", this::passAnswers);
                    passRequests();
                } finally {
                    close();
                }
            });
        }

        private void passRequests() throws IOException {
            InputStream from = client.getInputStream();
            OutputStream to = broker.getOutputStream();
            byte[] buffer = new byte[64 << 10];
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                to.write(buffer, 0, read);
            }
        }

        private void passAnswers() throws IOException {
            try {
                InputStream from = broker.getInputStream();
                OutputStream to = client.getOutputStream();
                byte[] buffer = new byte[64 << 10];
                boolean silent = false;
                for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                    Fate fate = silent ? Fate.SILENCE : takeFate();
                    silent = fate == Fate.SILENCE;
                    if (fate == Fate.CUT) {
                        return;
                    } else if (fate == Fate.PASS) {
                        to.write(buffer, 0, read);
                    }
                }
            } finally {
                close();
            }
        }

        private void close() throws IOException {
            client.close();
            broker.close();
        }
    }
}
