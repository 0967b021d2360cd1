// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a broker says of itself in the body of the reply to {@code version}: behind the version, separated by spaces, the words for
 * the features it speaks and the limits it has.
 *
 * <pre>
 *   2.0.0 batch fetch producer metadata seek admin maxMessageSize=2097152 maxBatchSize=16777216
 * </pre>
 *
 * An original broker answers a bare version and so announces nothing; an original client ignores the body.
 */
public record Announcement(Set<Features> features, SendLimits limits) {
    /** Of an original broker. */
    public static final Announcement NOTHING = new Announcement(Set.of(), SendLimits.UNANNOUNCED);

    private static final String MAX_MESSAGE = "maxMessageSize=";
    private static final String MAX_BATCH = "maxBatchSize=";

    public Announcement {
        features = Set.copyOf(features);
    }

    /** Every feature, and these limits. */
    public static Announcement ofEverything(SendLimits limits) {
        return new Announcement(EnumSet.allOf(Features.class), limits);
    }

    /** As the reply's body. */
    public String text(String version) {
        return version + " "
                + Arrays.stream(Features.values())
                        .filter(features::contains)
                        .map(Features::wireName)
                        .collect(Collectors.joining(" "))
                + " " + MAX_MESSAGE + limits.maxMessageBytes() + " " + MAX_BATCH + limits.maxBatchBytes();
    }

    /** Unknown words are of a newer broker and ignored, like limits that can be none. */
    public static Announcement parse(String versionBody) {
        if (versionBody == null) {
            return NOTHING;
        }
        List<String> words = List.of(versionBody.split(" ", -1));
        Set<Features> found = Arrays.stream(Features.values())
                .filter(feature -> words.contains(feature.wireName()))
                .collect(Collectors.toSet());
        int maxMessageBytes = limit(words, MAX_MESSAGE, 1).orElse(SendLimits.UNANNOUNCED.maxMessageBytes());
        int maxBatchBytes = limit(words, MAX_BATCH, 1024).orElse(SendLimits.UNANNOUNCED.maxBatchBytes());
        return new Announcement(found, new SendLimits(maxMessageBytes, maxBatchBytes));
    }

    private static Optional<Integer> limit(List<String> words, String name, int least) {
        return words.stream()
                .filter(word -> word.startsWith(name))
                .map(word -> word.substring(name.length()))
                .filter(number -> number.matches("[0-9]{1,9}"))
                .map(Integer::valueOf)
                .filter(number -> number >= least)
                .findFirst();
    }
}
