// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

/**
 * Whole numbers as MetaQ's ini files write them: {@code 1024*1024}, with + - * / and brackets, and with the suffixes k, m and
 * g for powers of 1024.
 */
final class NumberExpression {
    /** Operators may send settings over the wire; this also bounds how deep brackets nest. */
    private static final int MAX_CHARS = 100;

    private final String text;
    private int at;

    private NumberExpression(String text) {
        this.text = text;
    }

    /** Throws {@link NumberFormatException} for anything that is no number. */
    static long evaluate(String text) {
        if (text.length() > MAX_CHARS) {
            throw new NumberFormatException("longer than " + MAX_CHARS + " characters");
        }
        NumberExpression expression = new NumberExpression(text.replace(" ", ""));
        long value;
        try {
            value = expression.sum();
        } catch (ArithmeticException e) {
            throw new NumberFormatException(e.getMessage());
        }
        if (expression.at != expression.text.length()) {
            throw new NumberFormatException("unexpected '" + expression.text.substring(expression.at) + "'");
        }
        return value;
    }

    private long sum() {
        long value = product();
        while (at < text.length() && (peek() == '+' || peek() == '-')) {
            value = text.charAt(at++) == '+' ? Math.addExact(value, product()) : Math.subtractExact(value, product());
        }
        return value;
    }

    private long product() {
        long value = factor();
        while (at < text.length() && (peek() == '*' || peek() == '/')) {
            value = text.charAt(at++) == '*' ? Math.multiplyExact(value, factor()) : value / factor();
        }
        return value;
    }

    private long factor() {
        if (at < text.length() && peek() == '-') {
            at++;
            return Math.negateExact(factor());
        }
        if (at < text.length() && peek() == '(') {
            at++;
            long value = sum();
            if (at >= text.length() || peek() != ')') {
                throw new NumberFormatException("a bracket is not closed");
            }
            at++;
            return value;
        }
        return number();
    }

    private long number() {
        int start = at;
        while (at < text.length() && Character.isDigit(peek())) {
            at++;
        }
        if (start == at) {
            throw new NumberFormatException("a number is missing");
        }
        long value = Long.parseLong(text.substring(start, at));
        if (at < text.length()) {
            int shift =
                    switch (peek()) {
                        case 'k', 'K' -> 10;
                        case 'm', 'M' -> 20;
                        case 'g', 'G' -> 30;
                        default -> 0;
                    };
            if (shift > 0) {
                at++;
                value = Math.multiplyExact(value, 1L << shift);
            }
        }
        return value;
    }

    private char peek() {
        return text.charAt(at);
    }
}
