// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

/** How far a group has read a partition: the next offset to read, and the id of the last message before it (-1: none). */
public record CommittedOffset(String topic, Partition partition, long offset, long messageId) {}
