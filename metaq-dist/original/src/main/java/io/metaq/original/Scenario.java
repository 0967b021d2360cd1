// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

/** One use of the original client, judged by itself: it returns when all was as promised and throws otherwise. */
@FunctionalInterface
interface Scenario {
    void play(Site site) throws Exception;
}
