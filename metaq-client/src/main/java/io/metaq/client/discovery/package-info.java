/**
 * Which brokers there are and which partitions they have: from ZooKeeper as MetaQ 1.4 keeps it, or from one broker.
 *
 * <p>Threads: Curator's own; snapshots are immutable. Topics of record format 2 are announced under {@code brokers/metaq/}, where
 * 1.4 clients do not look. Read {@link io.metaq.client.discovery.BrokerDirectory} first.
 */
package io.metaq.client.discovery;
