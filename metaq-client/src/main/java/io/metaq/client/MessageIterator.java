// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** Whole, checked messages of one read, and where the next read begins. */
public final class MessageIterator implements Iterator<Message> {
    private final List<Message> messages;
    private final long nextOffset;
    private int index;

    public MessageIterator(List<Message> messages, long nextOffset) {
        this.messages = List.copyOf(messages);
        this.nextOffset = nextOffset;
    }

    @Override
    public boolean hasNext() {
        return index < messages.size();
    }

    @Override
    public Message next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the next read begins at " + nextOffset);
        }
        return messages.get(index++);
    }

    /** Behind the last message of this read. */
    public long getNextOffset() {
        return nextOffset;
    }
}
