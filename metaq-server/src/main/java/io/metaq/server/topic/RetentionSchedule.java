// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.log.SegmentCleaner;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies each topic's retention policy: by age when the topic's cron expression says so, by size once a minute.
 *
 * <p>A topic's first time is the first one after it was seen; what was missed while the broker was down is not made up for.
 * A partition that cannot be cleaned is reported, and tried again the next time; the others go on.
 *
 * <p>Threads: {@link #runDue} belongs to one thread. Not interruptible, see {@link SegmentCleaner}.
 */
final class RetentionSchedule {
    private static final Logger LOG = LoggerFactory.getLogger(RetentionSchedule.class);
    static final long SIZE_CHECK_SECONDS = 60;

    private final TopicRegistry topics;
    private final SegmentCleaner cleaner;
    private final InstantSource clock;
    private final ZoneId zone;
    private final RetentionMetrics metrics;
    private final CronParser parser = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ));
    private final Map<String, Plan> plans = new HashMap<>();
    private Instant nextSizeCheck = Instant.MIN;

    /** When a topic is next looked at; {@code expression} tells when its cron was altered. */
    private record Plan(String expression, ExecutionTime times, Instant due) {}

    /** @param zone that cron expressions are meant in */
    RetentionSchedule(
            TopicRegistry topics, SegmentCleaner cleaner, InstantSource clock, ZoneId zone, RetentionMetrics metrics) {
        this.topics = topics;
        this.cleaner = cleaner;
        this.clock = clock;
        this.zone = zone;
        this.metrics = metrics;
    }

    /** Does what is due now; returns when to come again, at the latest: a topic may be made or altered before. */
    Instant runDue() {
        Instant now = clock.instant();
        // A clock that was set back must not stop the checks until it has caught up.
        boolean sizesDue = !now.isBefore(nextSizeCheck) || nextSizeCheck.isAfter(now.plusSeconds(SIZE_CHECK_SECONDS));
        if (sizesDue) {
            nextSizeCheck = now.plusSeconds(SIZE_CHECK_SECONDS);
        }
        Instant next = nextSizeCheck;
        Map<String, Plan> kept = new HashMap<>();
        for (Topic topic : topics.topics()) {
            RetentionPolicy policy = topic.settings().retention();
            Plan plan = plans.get(topic.name());
            if (plan == null || !plan.expression.equals(policy.deleteWhen())) {
                plan = plan(policy.deleteWhen(), now);
            }
            boolean ageDue = !now.isBefore(plan.due);
            Instant upcoming = nextTime(plan.times, now);
            if (ageDue || upcoming.isBefore(plan.due)) {
                plan = new Plan(plan.expression, plan.times, upcoming);
            }
            if (ageDue || sizesDue) {
                topic.partitions().forEach(partition -> clean(partition.log(), policy, now, ageDue));
            }
            kept.put(topic.name(), plan);
            next = plan.due.isBefore(next) ? plan.due : next;
        }
        plans.clear();
        plans.putAll(kept);
        return next;
    }

    private Plan plan(String expression, Instant now) {
        ExecutionTime times = ExecutionTime.forCron(parser.parse(expression));
        return new Plan(expression, times, nextTime(times, now));
    }

    private Instant nextTime(ExecutionTime times, Instant now) {
        return times.nextExecution(now.atZone(zone))
                .map(ZonedDateTime::toInstant)
                .orElse(Instant.MAX);
    }

    private void clean(LogHandle log, RetentionPolicy policy, Instant now, boolean ageDue) {
        if (log.state() == LogHandle.State.CLOSED) {
            return;
        }
        SegmentCleaner.Cleaned cleaned = SegmentCleaner.Cleaned.NOTHING;
        try {
            if (ageDue) {
                cleaned = cleaner.retireOlderThan(
                        log.log(), now.minus(policy.maxAge()).toEpochMilli(), log.visibleEnd(), policy.disposal());
            }
            if (policy.maxBytes() > 0) {
                cleaned = cleaned.plus(
                        cleaner.retireBeyond(log.log(), policy.maxBytes(), log.visibleEnd(), policy.disposal()));
            }
        } catch (IOException | RuntimeException e) {
            if (log.state() == LogHandle.State.CLOSED) {
                LOG.debug(
                        "A log was deleted while it was cleaned log={}",
                        log.log().name(),
                        e);
            } else {
                metrics.failed();
                LOG.error(
                        "Could not retire old segments; tried again the next time log={}",
                        log.log().name(),
                        e);
            }
        }
        metrics.retired(cleaned);
    }
}
