// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

/**
 * Where to read next: a record, and how many messages inside it are done already (only a wrapper has more than one). A broker reads from
 * records only, and so only {@code recordOffset} is committed: after a restart the messages of an unfinished wrapper come again.
 */
record Position(long recordOffset, int messagesToSkip) {
    static Position at(long recordOffset) {
        return new Position(recordOffset, 0);
    }
}
