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
        this.directForces = forces("file");
        this.journalForces = forces("journal");
        this.records = counter("metaq_commit_records_total", "Records appended.");
        this.bytes = counter("metaq_commit_bytes_total", "Bytes of records appended.");
        this.duplicates = counter(
                "metaq_commit_duplicate_batches_total", "Batches that came again and were acknowledged, not appended.");
        this.rejected = counter("metaq_commit_rejected_appends_total", "Appends refused because the queue was full.");
        this.recordsPerForce = DistributionSummary.builder("metaq_commit_records_per_group")
                .description("Records that one force made durable.")
                .register(registry);
        this.forceTime = Timer.builder("metaq_commit_force_seconds")
                .description("How long the force of a group took.")
                .register(registry);
    }

    private Counter forces(String way) {
        return Counter.builder("metaq_commit_forces_total")
                .description("Forces to disk: of a partition's file, or of the commit journal for many.")
                .tag("way", way)
                .register(registry);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    <T> void gauge(String name, String description, T owner, ToDoubleFunction<T> value) {
        Gauge.builder(name, owner, value).description(description).register(registry);
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

    long appendedBytes() {
        return (long) bytes.count();
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
