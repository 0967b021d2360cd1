// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import io.metaq.client.InvalidMessageException;
import io.metaq.client.Message;
import io.metaq.client.MessageConsumer;
import io.metaq.client.MessageIterator;
import io.metaq.client.MetaClientException;
import io.metaq.client.Partition;
import io.metaq.dist.process.BrokerProcess;
import java.util.concurrent.TimeUnit;

/** One partition, read from its start without a group. Not thread-safe. */
final class PartitionReading {
    private static final int READ_BYTES = 256 << 10;
    private static final long TIMEOUT_MS = 5_000;

    /** Where what was read goes. */
    interface Reader {
        void read(Lane lane, long offset, byte[] data);
    }

    private final Lane lane;
    private final Reader reader;
    private long next;

    PartitionReading(Lane lane, Reader reader) {
        this.lane = lane;
        this.reader = reader;
    }

    /**
     * Reads once. False when there was nothing.
     *
     * @throws InvalidMessageException when what came is no whole message with the right checksum
     */
    boolean readOnce(MessageConsumer consumer) throws MetaClientException, InterruptedException {
        Partition partition = new Partition(BrokerProcess.BROKER_ID, lane.partition());
        MessageIterator found =
                consumer.get(lane.topic(), partition, next, READ_BYTES, TIMEOUT_MS, TimeUnit.MILLISECONDS);
        if (found == null) {
            return false;
        }
        while (found.hasNext()) {
            Message message = found.next();
            reader.read(lane, message.getOffset(), message.getData());
        }
        next = found.getNextOffset();
        return true;
    }

    Lane lane() {
        return lane;
    }

    /** The offset of the next message. */
    long next() {
        return next;
    }
}
