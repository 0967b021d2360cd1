// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.parser.CronParser;
import io.metaq.server.topic.RetentionPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code deletePolicy} and {@code deleteWhen}, as MetaQ 1.4 writes them. */
final class RetentionRule {
    private static final Pattern POLICY = Pattern.compile("(delete|archive),(\\d{1,9})([smh]?)(,(true|false))?");

    private RetentionRule() {}

    static Optional<String> policyProblem(String value) {
        Matcher matcher = POLICY.matcher(value.replace(" ", ""));
        if (!matcher.matches()) {
            return Optional.of("is no policy");
        }
        return matcher.group(1).equals("delete") && matcher.group(4) != null
                ? Optional.of("says to zip what is deleted")
                : Optional.empty();
    }

    static Optional<String> cronProblem(String value) {
        try {
            new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ))
                    .parse(value)
                    .validate();
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of("is no Quartz cron expression: " + e.getMessage());
        }
    }

    /** Of values that have been checked. */
    static RetentionPolicy policy(String policy, long maxBytes, String deleteWhen) {
        Matcher matcher = POLICY.matcher(policy.replace(" ", ""));
        if (!matcher.matches()) {
            throw new IllegalArgumentException(policy);
        }
        long amount = Long.parseLong(matcher.group(2));
        Duration age =
                switch (matcher.group(3)) {
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    default -> Duration.ofHours(amount);
                };
        RetentionPolicy.Action action = matcher.group(1).equals("delete")
                ? RetentionPolicy.Action.DELETE
                : "true".equals(matcher.group(5))
                        ? RetentionPolicy.Action.ARCHIVE_ZIPPED
                        : RetentionPolicy.Action.ARCHIVE;
        return new RetentionPolicy(action, age, maxBytes, deleteWhen);
    }
}
