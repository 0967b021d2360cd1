// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.testkit;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** How many bytes of heap the calling thread has taken since the last look, garbage included. */
public final class AllocationMeter {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private long mark;

    public void start() {
        mark = THREADS.getCurrentThreadAllocatedBytes();
    }

    public long allocatedBytes() {
        return THREADS.getCurrentThreadAllocatedBytes() - mark;
    }
}
