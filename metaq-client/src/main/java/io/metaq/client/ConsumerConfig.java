// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import io.metaq.protocol.HeaderField;
import java.time.Instant;

/** How a consumer reads. A bean with MetaQ 1.4's names and defaults; new settings at the end. */
public class ConsumerConfig {
    /** As a start offset: behind the newest message. */
    public static final long MAX_OFFSET = Long.MAX_VALUE;

    private static final String FORBIDDEN_IN_GROUP = "~!#$%^&*()+=`'\",;/?[]<>.:";

    private String group;
    private String consumerId;
    private Partition partition;
    private long offset;
    private boolean alwaysConsumeFromMaxOffset;
    private int fetchRunnerCount = Runtime.getRuntime().availableProcessors();
    private long maxDelayFetchTimeInMills = 5_000;
    private long fetchTimeoutInMills = 10_000;
    private long commitOffsetPeriodInMills = 5_000;
    private int maxFetchRetries = 5;
    private int maxIncreaseFetchDataRetries = 5;
    private Instant startTime;
    private long maxWaitMs = 5_000;
    private InvalidDataPolicy invalidDataPolicy = InvalidDataPolicy.STOP;

    /** What to do about damaged bytes. They are never delivered. */
    public enum InvalidDataPolicy {
        /** Try again and again with a growing delay, and say so: nothing is skipped, the partition waits. */
        STOP,
        /** Ask the broker for the next boundary and go on there, and say so. */
        SKIP
    }

    public ConsumerConfig() {}

    public ConsumerConfig(String group) {
        setGroup(group);
    }

    public ConsumerConfig(String consumerId, String group) {
        this(group);
        this.consumerId = consumerId;
    }

    public String getGroup() {
        return group;
    }

    public final void setGroup(String group) {
        HeaderField.require("consumer group", group);
        for (int i = 0; i < group.length(); i++) {
            if (FORBIDDEN_IN_GROUP.indexOf(group.charAt(i)) >= 0) {
                throw new IllegalArgumentException("group '" + group + "' contains '" + group.charAt(i)
                        + "'; forbidden are " + FORBIDDEN_IN_GROUP);
            }
        }
        this.group = group;
    }

    /** Null: made from address, process and time. */
    public String getConsumerId() {
        return consumerId;
    }

    public void setConsumerId(String consumerId) {
        this.consumerId = consumerId;
    }

    /** Direct mode only: the one partition to read. */
    public Partition getPartition() {
        return partition;
    }

    public void setPartition(Partition partition) {
        this.partition = partition;
    }

    /** @param partition {@code brokerId-number}, as MetaQ 1.4 takes it */
    public void setPartition(String partition) {
        this.partition = new Partition(partition);
    }

    /** Where a group begins that never committed. */
    public long getOffset() {
        return offset;
    }

    public void setOffset(long offset) {
        this.offset = offset;
    }

    public void setConsumeFromMaxOffset() {
        setConsumeFromMaxOffset(false);
    }

    /** @param always at each claim of a partition, whatever was committed */
    public void setConsumeFromMaxOffset(boolean always) {
        this.offset = MAX_OFFSET;
        this.alwaysConsumeFromMaxOffset = always;
    }

    public boolean isAlwaysConsumeFromMaxOffset() {
        return alwaysConsumeFromMaxOffset;
    }

    /** Threads that run listeners without an executor of their own. */
    public int getFetchRunnerCount() {
        return fetchRunnerCount;
    }

    public void setFetchRunnerCount(int fetchRunnerCount) {
        this.fetchRunnerCount = fetchRunnerCount;
    }

    public long getMaxDelayFetchTimeInMills() {
        return maxDelayFetchTimeInMills;
    }

    public void setMaxDelayFetchTimeInMills(long maxDelayFetchTimeInMills) {
        this.maxDelayFetchTimeInMills = maxDelayFetchTimeInMills;
    }

    public long getFetchTimeoutInMills() {
        return fetchTimeoutInMills;
    }

    public void setFetchTimeoutInMills(long fetchTimeoutInMills) {
        this.fetchTimeoutInMills = fetchTimeoutInMills;
    }

    public long getCommitOffsetPeriodInMills() {
        return commitOffsetPeriodInMills;
    }

    public void setCommitOffsetPeriodInMills(long commitOffsetPeriodInMills) {
        this.commitOffsetPeriodInMills = commitOffsetPeriodInMills;
    }

    public int getMaxFetchRetries() {
        return maxFetchRetries;
    }

    public void setMaxFetchRetries(int maxFetchRetries) {
        this.maxFetchRetries = maxFetchRetries;
    }

    public int getMaxIncreaseFetchDataRetries() {
        return maxIncreaseFetchDataRetries;
    }

    public void setMaxIncreaseFetchDataRetries(int maxIncreaseFetchDataRetries) {
        this.maxIncreaseFetchDataRetries = maxIncreaseFetchDataRetries;
    }

    /** Null: {@link #getOffset} holds. */
    public Instant getStartTime() {
        return startTime;
    }

    /** A group that never committed begins with the first message stored at or after this time; needs our broker. */
    public void setStartTime(Instant startTime) {
        this.startTime = startTime;
    }

    /** How long our broker may hold a fetch that finds nothing. */
    public long getMaxWaitMs() {
        return maxWaitMs;
    }

    public void setMaxWaitMs(long maxWaitMs) {
        this.maxWaitMs = maxWaitMs;
    }

    public InvalidDataPolicy getInvalidDataPolicy() {
        return invalidDataPolicy;
    }

    public void setInvalidDataPolicy(InvalidDataPolicy invalidDataPolicy) {
        this.invalidDataPolicy = invalidDataPolicy;
    }
}
