// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** What became of a message. With {@code success} it has the durability that the broker says; without, see the text. */
public final class SendResult {
    private final boolean success;
    private final Partition partition;
    private final long offset;
    private final long messageId;
    private final Durability durability;
    private final String errorMessage;

    /** How safe an acknowledged message is. */
    public enum Durability {
        /** An original broker, which does not say. */
        UNSTATED,
        WRITTEN,
        FLUSHED,
        REPLICATED
    }

    private SendResult(
            boolean success, Partition partition, long offset, long messageId, Durability durability, String error) {
        this.success = success;
        this.partition = partition;
        this.offset = offset;
        this.messageId = messageId;
        this.durability = durability;
        this.errorMessage = error;
    }

    public static SendResult stored(Partition partition, long offset, long messageId, Durability durability) {
        return new SendResult(true, partition, offset, messageId, durability, null);
    }

    public static SendResult failed(Partition partition, String errorMessage) {
        return new SendResult(false, partition, Message.NONE, Message.NONE, Durability.UNSTATED, errorMessage);
    }

    public boolean isSuccess() {
        return success;
    }

    public Partition getPartition() {
        return partition;
    }

    /** Bytes from the start of the partition's log; -1 when not stored. */
    public long getOffset() {
        return offset;
    }

    public long getMessageId() {
        return messageId;
    }

    public Durability getDurability() {
        return durability;
    }

    /** Null on success. */
    public String getErrorMessage() {
        return errorMessage;
    }

    @Override
    public String toString() {
        return success
                ? "SendResult[partition=" + partition + ", offset=" + offset + ", id=" + messageId + ", " + durability
                        + "]"
                : "SendResult[failed: " + errorMessage + "]";
    }
}
