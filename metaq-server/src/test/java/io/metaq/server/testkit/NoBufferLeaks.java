// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.WeakReference;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Tracks every buffer while a test class runs, and fails it when one was collected that nobody had released. */
public final class NoBufferLeaks implements BeforeAllCallback, AfterAllCallback {
    private static final int COLLECTIONS = 3;

    private ResourceLeakDetector.Level before;
    private LogCapture reports;

    @Override
    public void beforeAll(ExtensionContext context) {
        before = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        reports = new LogCapture(ResourceLeakDetector.class.getName());
    }

    @Override
    public void afterAll(ExtensionContext context) {
        for (int i = 0; i < COLLECTIONS; i++) {
            collectGarbage();
            // The detector reports what has been collected when the next buffer is tracked.
            ByteBuf tracked = PooledByteBufAllocator.DEFAULT.buffer(1);
            tracked.release();
        }
        ResourceLeakDetector.setLevel(before);
        reports.close();
        List<String> leaks = reports.errors();
        if (!leaks.isEmpty()) {
            throw new AssertionError("buffers were not released: " + leaks);
        }
    }

    private static void collectGarbage() {
        WeakReference<Object> sentinel = new WeakReference<>(new Object());
        while (sentinel.get() != null) {
            System.gc();
        }
    }
}
