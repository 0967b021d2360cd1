// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.plugin;

import io.metaq.server.config.Setting;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * A part of the broker that is there when its jar is: transactions, replication. Found by {@link java.util.ServiceLoader}; one
 * instance serves one broker, once.
 *
 * <p>Order, on one thread: {@link #settings} before the configuration is read, {@link #open} while the logs are recovered,
 * {@link #start} when they are and before the first client is served, {@link #close} when the last client has gone and the log
 * writer still runs. What throws stops the start of the broker; {@link #close} comes also then, if {@link #open} was called.
 */
public interface BrokerPlugin extends Closeable {
    /** Lower-case letters. Also the name of the plug-in's section in the ini file. */
    String name();

    /** The keys of its section; they are checked, told and documented like the broker's own. */
    default List<Setting> settings() {
        return List.of();
    }

    /**
     * Opens logs, and says what the plug-in serves. The log writer does not run yet, so nothing can be appended.
     *
     * @param context stays valid until {@link #close}
     */
    void open(BrokerContext context) throws IOException;

    /** All logs are recovered and can be appended to; nobody has connected. May block, as for redoing what a crash cut short. */
    void start() throws IOException;

    @Override
    void close() throws IOException;
}
