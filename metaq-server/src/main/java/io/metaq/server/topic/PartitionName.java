// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which partition a log belongs to, told by its name, which is its directory's too. Source: MetaQ 1.4. */
record PartitionName(String topic, int index) {
    /** As many as a topic may have, so that {@code orders-20240101}, somebody's copy, does not make a topic huge. */
    private static final Pattern FORM = Pattern.compile("(.+)-(0|[1-9]\\d{0,3})");

    /** Empty for a name that is none; the number stands behind the last dash. */
    static Optional<PartitionName> parse(String logName) {
        Matcher matcher = FORM.matcher(logName);
        return matcher.matches() && TopicName.isValid(matcher.group(1))
                ? Optional.of(new PartitionName(matcher.group(1), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    String logName() {
        return topic + "-" + index;
    }
}
