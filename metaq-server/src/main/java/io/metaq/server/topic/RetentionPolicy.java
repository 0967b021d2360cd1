// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.server.log.SegmentDisposal;
import java.time.Duration;

/**
 * What happens to sealed segments that are too old or too many.
 *
 * @param maxBytes of one partition; 0 for no limit
 * @param deleteWhen a Quartz cron expression
 */
public record RetentionPolicy(Action action, Duration maxAge, long maxBytes, String deleteWhen) {
    public enum Action {
        DELETE,
        ARCHIVE,
        ARCHIVE_ZIPPED
    }

    SegmentDisposal disposal() {
        return switch (action) {
            case DELETE -> SegmentDisposal.DELETE;
            case ARCHIVE -> SegmentDisposal.ARCHIVE;
            case ARCHIVE_ZIPPED -> SegmentDisposal.ARCHIVE_ZIPPED;
        };
    }
}
