// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.util.Map;
import java.util.TreeMap;

/**
 * Which bytes of a file this process may trust: those it wrote or has checked. A sequential reader leaves one range, so
 * this stays small. Thread-safe.
 */
final class VerifiedRanges {
    private final TreeMap<Long, Long> endByStart = new TreeMap<>();

    synchronized void add(long start, long end) {
        if (start >= end) {
            return;
        }
        long from = start;
        long to = end;
        Map.Entry<Long, Long> before = endByStart.floorEntry(from);
        if (before != null && before.getValue() >= from) {
            from = before.getKey();
            to = Math.max(to, before.getValue());
        }
        Map.Entry<Long, Long> next = endByStart.ceilingEntry(from);
        while (next != null && next.getKey() <= to) {
            to = Math.max(to, next.getValue());
            endByStart.remove(next.getKey());
            next = endByStart.ceilingEntry(from);
        }
        endByStart.put(from, to);
    }

    void addAll(VerifiedRanges others) {
        others.endByStart.forEach(this::add);
    }

    synchronized boolean contains(long start, long end) {
        return endOfRangeAt(start) >= end;
    }

    /** Up to where bytes from {@code start} on are trusted; {@code start} itself when they are not. */
    synchronized long endOfRangeAt(long start) {
        Map.Entry<Long, Long> range = endByStart.floorEntry(start);
        return range == null ? start : Math.max(start, range.getValue());
    }

    synchronized void truncate(long end) {
        endByStart.tailMap(end, true).clear();
        Map.Entry<Long, Long> last = endByStart.lastEntry();
        if (last != null && last.getValue() > end) {
            endByStart.put(last.getKey(), end);
        }
    }
}
