// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

/** What may stand between two spaces of a header line. */
public final class HeaderField {
    private HeaderField() {}

    /**
     * Returns the text when it can travel.
     *
     * @param what names it in the message
     * @throws IllegalArgumentException when it is null, empty, or holds a space or a control character
     */
    public static String require(String what, String text) {
        if (text == null || text.isEmpty()) {
            throw new IllegalArgumentException("the " + what + " is empty");
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || Character.isISOControl(c)) {
                throw new IllegalArgumentException("the " + what + " '" + text + "' has a space or a control character"
                        + " at position " + i + "; neither may be in it");
            }
        }
        return text;
    }
}
