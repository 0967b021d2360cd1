// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A way to a port that can be frozen: connections stay open and bytes stay where they are, both ways, as when a switch drops
 * packets or a process is stopped. Nothing that was sent is lost. Thread-safe.
 */
public final class FrozenRelay implements Closeable {
    private final ServerSocket server;
    private final int targetPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object gate = new Object();
    private boolean frozen;
    private volatile boolean closed;

    public FrozenRelay(int targetPort) throws IOException {
        this.targetPort = targetPort;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "frozen-relay");
        thread.setDaemon(true);
        thread.start();
    }

    public int port() {
        return server.getLocalPort();
    }

    /** From now on nothing passes, until {@link #thaw}. */
    public void freeze() {
        synchronized (gate) {
            frozen = true;
        }
    }

    public void thaw() {
        synchronized (gate) {
            frozen = false;
            gate.notifyAll();
        }
    }

    private void accept() {
        try {
            while (!closed) {
                Socket client = server.accept();
                sockets.add(client);
                awaitThawed();
                connect(client);
            }
        } catch (IOException | InterruptedException e) {
            closed = true; // this relay was closed
        }
    }

    /** When the target refuses, the client sees its connection end. */
    private void connect(Socket client) throws IOException {
        Socket target = new Socket();
        sockets.add(target);
        try {
            target.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort));
            start(() -> pump(client, target));
            start(() -> pump(target, client));
        } catch (ConnectException e) {
            client.close();
        }
    }

    private void awaitThawed() throws InterruptedException {
        synchronized (gate) {
            while (frozen && !closed) {
                gate.wait();
            }
        }
    }

    private void pump(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] bytes = new byte[16 * 1024];
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                awaitThawed();
                out.write(bytes, 0, read);
            }
        } catch (IOException | InterruptedException e) {
            sockets.remove(from); // one side has closed; the other is closed with it
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        thaw();
        server.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
