// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.testkit;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;

/** Buffers that the garbage collector takes: a test of bytes need not release them, and no leak is reported for them. */
public final class HeapBuffers {
    public static final ByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(false, true);

    private HeapBuffers() {}
}
