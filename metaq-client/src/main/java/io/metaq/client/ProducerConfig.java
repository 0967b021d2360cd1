// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import io.metaq.record.Compression;
import java.time.Duration;

/**
 * How a producer batches, waits and repeats.
 *
 * @param batchBytes a batch is sent when it has this many bytes; a larger message travels alone
 * @param linger how long a batch waits for company; with zero it goes at once when nothing of its partition is in flight, and
 *     otherwise collects while it must wait anyway
 * @param bufferBytes all that is taken and not yet answered
 * @param maxBlock how long sending waits for room in the buffer, or for a topic's partitions
 * @param maxInFlight batches of one partition that may be on their way at once; order is kept
 * @param compression of batches; a broker without batches gets messages as they are
 * @param idempotent repeat what is unanswered, stored once; needs our broker
 * @param requestTimeout an answer later than this is a lost one
 * @param deliveryTimeout from {@code send} to the last repetition
 * @param retryBackoff pause before a repetition
 * @param closeTimeout how long {@code shutdown} waits for answers
 */
public record ProducerConfig(
        int batchBytes,
        Duration linger,
        long bufferBytes,
        Duration maxBlock,
        int maxInFlight,
        Compression compression,
        boolean idempotent,
        Duration requestTimeout,
        Duration deliveryTimeout,
        Duration retryBackoff,
        Duration closeTimeout) {
    private static final int MAX_BATCH_BYTES = 8 << 20;

    public ProducerConfig {
        require(batchBytes >= 1 && batchBytes <= MAX_BATCH_BYTES, "batchBytes", batchBytes, "1 to " + MAX_BATCH_BYTES);
        require(bufferBytes >= batchBytes, "bufferBytes", bufferBytes, "at least batchBytes");
        require(maxInFlight >= 1 && maxInFlight <= 64, "maxInFlight", maxInFlight, "1 to 64");
        require(!linger.isNegative(), "linger", linger, "zero or more");
        require(deliveryTimeout.compareTo(Duration.ZERO) > 0, "deliveryTimeout", deliveryTimeout, "more than zero");
        require(requestTimeout.compareTo(Duration.ZERO) > 0, "requestTimeout", requestTimeout, "more than zero");
    }

    public static ProducerConfig defaults() {
        return builder().build();
    }

    public static Builder builder() {
        return new Builder();
    }

    private static void require(boolean holds, String name, Object value, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + " = " + value + "; expected " + expected);
        }
    }

    /** The defaults, to be changed. */
    public static final class Builder {
        private int batchBytes = 64 << 10;
        private Duration linger = Duration.ZERO;
        private long bufferBytes = 64L << 20;
        private Duration maxBlock = Duration.ofMinutes(1);
        private int maxInFlight = 5;
        private Compression compression = Compression.NONE;
        private boolean idempotent = true;
        private Duration requestTimeout = Duration.ofSeconds(10);
        private Duration deliveryTimeout = Duration.ofMinutes(2);
        private Duration retryBackoff = Duration.ofMillis(100);
        private Duration closeTimeout = Duration.ofSeconds(30);

        private Builder() {}

        public Builder batchBytes(int bytes) {
            this.batchBytes = bytes;
            return this;
        }

        public Builder linger(Duration linger) {
            this.linger = linger;
            return this;
        }

        public Builder bufferBytes(long bytes) {
            this.bufferBytes = bytes;
            return this;
        }

        public Builder maxBlock(Duration maxBlock) {
            this.maxBlock = maxBlock;
            return this;
        }

        public Builder maxInFlight(int batches) {
            this.maxInFlight = batches;
            return this;
        }

        public Builder compression(Compression compression) {
            this.compression = compression;
            return this;
        }

        public Builder idempotent(boolean idempotent) {
            this.idempotent = idempotent;
            return this;
        }

        public Builder requestTimeout(Duration timeout) {
            this.requestTimeout = timeout;
            return this;
        }

        public Builder deliveryTimeout(Duration timeout) {
            this.deliveryTimeout = timeout;
            return this;
        }

        public Builder retryBackoff(Duration backoff) {
            this.retryBackoff = backoff;
            return this;
        }

        public Builder closeTimeout(Duration timeout) {
            this.closeTimeout = timeout;
            return this;
        }

        public ProducerConfig build() {
            return new ProducerConfig(
                    batchBytes,
                    linger,
                    bufferBytes,
                    maxBlock,
                    maxInFlight,
                    compression,
                    idempotent,
                    requestTimeout,
                    deliveryTimeout,
                    retryBackoff,
                    closeTimeout);
        }
    }
}
