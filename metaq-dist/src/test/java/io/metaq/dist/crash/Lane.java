// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

/** One partition of a topic: where order is promised. */
record Lane(String topic, int partition) {
    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
