// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

/** What the scenario saw is not what MetaQ promises; the message says both. */
final class ScenarioFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ScenarioFailure(String message) {
        super(message);
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more library beside the original's
    static void unless(boolean holds, String message, Object... values) {
        if (!holds) {
            throw new ScenarioFailure(String.format(message, values));
        }
    }
}
