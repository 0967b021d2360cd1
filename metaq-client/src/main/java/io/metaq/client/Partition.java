// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/**
 * A partition of a topic: a broker's id and a number on that broker. Written {@code brokerId-number}, as in ZooKeeper.
 *
 * <p>A partition that a listener gets from {@link Message#getPartition()} is bound to the consumer's reading: there
 * {@link #setAutoAck}, {@link #ack} and {@link #rollback} steer what is committed. On any other they do nothing.
 *
 * <p>Threads: bound partitions belong to the thread that runs the listener. Equality and order are by id and number.
 */
public final class Partition implements Comparable<Partition> {
    /** What a listener says about the messages it was given; read by the consumer after each call. */
    public enum Verdict {
        NONE,
        ACK,
        ROLLBACK
    }

    private final int brokerId;
    private final int number;
    private boolean autoAck = true;
    private Verdict verdict = Verdict.NONE;

    public Partition(int brokerId, int number) {
        this.brokerId = brokerId;
        this.number = number;
    }

    /** @param name {@code brokerId-number}; the broker id may be -1 in direct mode */
    public Partition(String name) {
        int dash = name.lastIndexOf('-');
        if (dash < 1) {
            throw new IllegalArgumentException(
                    "'" + name + "' is not a partition; write brokerId-number, for example 0-1");
        }
        try {
            this.brokerId = Integer.parseInt(name.substring(0, dash));
            this.number = Integer.parseInt(name.substring(dash + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "'" + name + "' is not a partition; write brokerId-number, for example 0-1", e);
        }
    }

    public int getBrokerId() {
        return brokerId;
    }

    /** The number on its broker, from 0. */
    public int getPartition() {
        return number;
    }

    public boolean isAutoAck() {
        return autoAck;
    }

    /** With false nothing is committed until {@link #ack}; {@link #rollback} goes back to the last acknowledged message. */
    public void setAutoAck(boolean autoAck) {
        this.autoAck = autoAck;
    }

    /** Everything up to and with the message in hand is done. */
    public void ack() {
        requireManual();
        verdict = Verdict.ACK;
    }

    /** Everything since the last {@link #ack} is to be delivered again. */
    public void rollback() {
        requireManual();
        verdict = Verdict.ROLLBACK;
    }

    /** The verdict since the last call; for the consumer. */
    public Verdict takeVerdict() {
        Verdict taken = verdict;
        verdict = Verdict.NONE;
        return taken;
    }

    /** An equal partition with a state of its own. */
    public Partition duplicate() {
        return new Partition(brokerId, number);
    }

    private void requireManual() {
        if (autoAck) {
            throw new IllegalStateException(
                    "partition " + this + " acknowledges by itself; call setAutoAck(false) first");
        }
    }

    @Override
    public int compareTo(Partition other) {
        int byBroker = Integer.compare(brokerId, other.brokerId);
        return byBroker != 0 ? byBroker : Integer.compare(number, other.number);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Partition that && brokerId == that.brokerId && number == that.number;
    }

    @Override
    public int hashCode() {
        return 31 * brokerId + number;
    }

    @Override
    public String toString() {
        return brokerId + "-" + number;
    }
}
