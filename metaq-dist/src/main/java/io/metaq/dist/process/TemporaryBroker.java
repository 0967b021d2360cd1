// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.process;

import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A broker in a process of its own whose data nobody wants to keep: process and directory go when it is closed, and also
 * when this process is told to end (Ctrl-C, SIGTERM) before that.
 */
public final class TemporaryBroker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TemporaryBroker.class);

    private final TemporaryDirectory directory;
    private final BrokerProcess process;
    private final Thread atExit = new Thread(this::removeQuietly, "metaq-temporary-broker-exit");

    private TemporaryBroker(TemporaryDirectory directory, BrokerProcess process) {
        this.directory = directory;
        this.process = process;
    }

    /** Prepares a broker; nothing runs yet. The directory's name begins with the prefix. */
    public static TemporaryBroker prepare(String prefix, List<String> jvmArguments) throws IOException {
        TemporaryDirectory directory = new TemporaryDirectory(prefix);
        TemporaryBroker broker =
                new TemporaryBroker(directory, BrokerProcess.prepare(directory.path(), List.of(), jvmArguments));
        Runtime.getRuntime().addShutdownHook(broker.atExit);
        return broker;
    }

    public BrokerProcess process() {
        return process;
    }

    private void removeQuietly() {
        try {
            remove();
        } catch (IOException e) {
            log.warn("Could not remove directory={}", directory.path(), e);
        }
    }

    private void remove() throws IOException {
        process.close();
        directory.close();
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            return; // this process is ending: the hook removes what is there
        }
        remove();
    }
}
