// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** The name somebody most likely meant: the one with the smallest edit distance (Levenshtein). */
final class NearestName {
    /** Nothing longer is compared: the distance costs the product of the lengths, and names may come over the wire. */
    private static final int MAX_CHARS = 100;

    private NearestName() {}

    static String of(String written, Collection<String> known) {
        String compared =
                written.substring(0, Math.min(written.length(), MAX_CHARS)).toLowerCase(Locale.ROOT);
        return known.stream()
                .min(Comparator.comparingInt(name -> distance(compared, name.toLowerCase(Locale.ROOT))))
                .orElseThrow();
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
