// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumberExpressionTest {
    @ParameterizedTest
    @CsvSource({
        "1024*1024, 1048576",
        "1024 * 1024 * 1024, 1073741824",
        "2+3*4, 14",
        "(2+3)*4, 20",
        "10-2-3, 5",
        "64k, 65536",
        "3M, 3145728",
        "1g/2, 536870912",
        "-1, -1",
        "9223372036854775807, 9223372036854775807",
    })
    void expressionsAreEvaluatedAsInArithmetic(String text, long value) {
        assertThat(NumberExpression.evaluate(text)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "1+", "(1", "1)", "1//2", "1/0", "9223372036854775808", "9999999999g", "1 2 x", "1kk"})
    void whatIsNoNumberIsRefused(String text) {
        assertThatThrownBy(() -> NumberExpression.evaluate(text)).isInstanceOf(NumberFormatException.class);
    }

    @Property
    void nothingButNumberFormatExceptionEscapes(@ForAll String text) {
        try {
            NumberExpression.evaluate(text);
        } catch (NumberFormatException e) {
            assertThat(e).hasMessageMatching("(?s).+");
        }
    }

    @Property
    void anyNumberIsItself(@ForAll int number) {
        assertThat(NumberExpression.evaluate(Integer.toString(number))).isEqualTo(number);
    }
}
