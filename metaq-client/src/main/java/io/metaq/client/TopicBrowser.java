// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.Iterator;
import java.util.List;

/** Walks what a topic holds now, partition after partition from the oldest message; no group, nothing committed. */
public interface TopicBrowser {
    /** Reads as it goes; an {@link IllegalStateException} with its cause when a read fails. */
    Iterator<Message> iterator();

    List<Partition> getPartitions();

    String getTopic();
}
