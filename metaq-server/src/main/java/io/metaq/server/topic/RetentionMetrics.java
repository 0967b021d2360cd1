// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.server.log.SegmentCleaner;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What retention has done since the start. */
final class RetentionMetrics {
    private final Counter segments;
    private final Counter bytes;
    private final Counter failures;

    RetentionMetrics(MeterRegistry registry) {
        segments = Counter.builder("metaq_retention_segments_total")
                .description("Segments deleted or archived")
                .register(registry);
        bytes = Counter.builder("metaq_retention_bytes_total")
                .description("Bytes of segments deleted or archived")
                .register(registry);
        failures = Counter.builder("metaq_retention_failures_total")
                .description("Attempts to clean a partition that failed")
                .register(registry);
    }

    void retired(SegmentCleaner.Cleaned cleaned) {
        segments.increment(cleaned.segments());
        bytes.increment((double) cleaned.bytes());
    }

    void failed() {
        failures.increment();
    }
}
