/**
 * Reading: membership of a group as MetaQ 1.4 has it, fetching, delivery, and the offsets in ZooKeeper.
 *
 * <p>Threads: {@code metaq-consumer-n} deliver and commit, {@code metaq-rebalance} shares partitions out. One partition is delivered
 * by one thread at a time. Read {@link io.metaq.client.consumer.PartitionReading} first.
 */
package io.metaq.client.consumer;
