// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One key that may stand in the ini file: what it takes, what holds without it, and what it is for. The table of them is the
 * one source of the checks, of {@code docs/configuration.md} and of {@code config check}.
 *
 * @param defaultValue as it would be written; empty: none
 * @param documentation whole sentences
 */
public record Setting(String key, Kind kind, String defaultValue, String documentation) {
    /** What a value may be, and how a value that is none is told. */
    public sealed interface Kind {
        /** What is expected, for an error message and for the documentation. */
        String expectation();

        /** Why the value is none; empty when it is one. */
        Optional<String> problem(String value);
    }

    /** A whole number, as an expression, in a range. */
    public record Whole(long least, long most, String unit) implements Kind {
        @Override
        public String expectation() {
            String top = most == Long.MAX_VALUE ? "" : " to " + most;
            return "a whole number" + (unit.isEmpty() ? "" : " of " + unit) + ", " + least
                    + (top.isEmpty() ? " or more" : top);
        }

        @Override
        public Optional<String> problem(String value) {
            try {
                long number = NumberExpression.evaluate(value);
                if (number < least) {
                    return Optional.of("is below the smallest allowed, " + least);
                }
                return number > most ? Optional.of("is above the largest allowed, " + most) : Optional.empty();
            } catch (NumberFormatException e) {
                return Optional.of("is no number");
            }
        }
    }

    public record Switch() implements Kind {
        @Override
        public String expectation() {
            return "true or false";
        }

        @Override
        public Optional<String> problem(String value) {
            return value.equalsIgnoreCase("true") || value.equalsIgnoreCase("false")
                    ? Optional.empty()
                    : Optional.of("is neither true nor false");
        }
    }

    /** Text with a check of its own. */
    public record Text(String expectation, Function<String, Optional<String>> check) implements Kind {
        @Override
        public Optional<String> problem(String value) {
            return check.apply(value);
        }
    }

    /** A key of MetaQ 1.4 that has no meaning here; any value is taken. */
    public record NoEffect() implements Kind {
        @Override
        public String expectation() {
            return "anything; it has no effect here";
        }

        @Override
        public Optional<String> problem(String value) {
            return Optional.empty();
        }
    }

    boolean hasEffect() {
        return !(kind instanceof NoEffect);
    }

    static Optional<Setting> find(List<Setting> table, String key) {
        return table.stream().filter(setting -> setting.key.equals(key)).findFirst();
    }
}
