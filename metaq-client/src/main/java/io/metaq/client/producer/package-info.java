/**
 * Sending: messages collect in batches for each partition, travel in order, and are repeated until they are answered.
 *
 * <p>Threads: sending threads append to open batches under the lane's lock; one thread ({@code metaq-producer}) owns everything that is
 * sealed or on its way. Read {@link io.metaq.client.producer.PartitionLane} first.
 */
package io.metaq.client.producer;
