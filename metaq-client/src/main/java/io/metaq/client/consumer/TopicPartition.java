// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.metaq.client.Partition;

/** A partition of a topic. */
record TopicPartition(String topic, Partition partition) {}
