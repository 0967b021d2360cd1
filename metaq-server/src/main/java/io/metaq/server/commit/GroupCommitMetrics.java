// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** What the log writer counts. */
final class GroupCommitMetrics {
    private final MeterRegistry registry;
    private final Counter directForces;
    private final Counter journalForces;
    private final Counter records;
    private final Counter bytes;
    private final Counter duplicates;
    private final Counter rejected;
    private final DistributionSummary recordsPerForce;
    private final Timer forceTime;
    private volatile long forceCount;
    private volatile long forcedRecordCount;

    GroupCommitMetrics(MeterRegistry registry) {
        this.registry = registry;
        this.directForces = registry.counter("metaq_commit_forces_total", "way", "file");
        this.journalForces = registry.counter("metaq_commit_forces_total", "way", "journal");
        this.records = registry.counter("metaq_commit_records_total");
        this.bytes = registry.counter("metaq_commit_bytes_total");
        this.duplicates = registry.counter("metaq_commit_duplicate_batches_total");
        this.rejected = registry.counter("metaq_commit_rejected_appends_total");
        this.recordsPerForce = registry.summary("metaq_commit_records_per_group");
        this.forceTime = registry.timer("metaq_commit_force_seconds");
    }

    <T> void gauge(String name, T owner, ToDoubleFunction<T> value) {
        Gauge.builder(name, owner, value).register(registry);
    }

    /** One group became durable. Only the writer calls this, so plain increments of the volatile fields are exact. */
    void forced(boolean journal, int files, int groupRecords, long nanos) {
        (journal ? journalForces : directForces).increment(files);
        recordsPerForce.record(groupRecords);
        forceTime.record(nanos, TimeUnit.NANOSECONDS);
        forceCount += files;
        forcedRecordCount += groupRecords;
    }

    void appended(int appendedRecords, long appendedBytes) {
        records.increment(appendedRecords);
        bytes.increment((double) appendedBytes);
    }

    void duplicate() {
        duplicates.increment();
    }

    void rejected() {
        rejected.increment();
    }

    long forces() {
        return forceCount;
    }

    long forcedRecords() {
        return forcedRecordCount;
    }
}
