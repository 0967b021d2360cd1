// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/** What {@code stats} tells of each topic since the start, or since {@code stats reset}. Thread-safe. */
public final class CommandCounters {
    /** One topic's figures, or those of all. */
    public static final class Figures {
        private final LongAdder puts = new LongAdder();
        private final LongAdder putBytes = new LongAdder();
        private final LongAdder putsFailed = new LongAdder();
        private final LongAdder gets = new LongAdder();
        private final LongAdder getMisses = new LongAdder();
        private final LongAdder offsets = new LongAdder();

        public long puts() {
            return puts.sum();
        }

        public long putBytes() {
            return putBytes.sum();
        }

        public long putsFailed() {
            return putsFailed.sum();
        }

        public long gets() {
            return gets.sum();
        }

        public long getMisses() {
            return getMisses.sum();
        }

        public long offsets() {
            return offsets.sum();
        }
    }

    private volatile Figures all = new Figures();
    private final Map<String, Figures> byTopic = new ConcurrentHashMap<>();
    private final Predicate<String> isTopic;

    /** @param isTopic is there such a topic? What clients ask of others is not kept: they may think of any number. */
    public CommandCounters(Predicate<String> isTopic) {
        this.isTopic = isTopic;
    }

    public Figures all() {
        return all;
    }

    public Figures of(String topic) {
        Figures known = byTopic.get(topic);
        if (known == null && isTopic.test(topic)) {
            return byTopic.computeIfAbsent(topic, name -> new Figures());
        }
        return known == null ? new Figures() : known;
    }

    void put(String topic, int messages, int bytes) {
        all.puts.add(messages);
        all.putBytes.add(bytes);
        Figures figures = of(topic);
        figures.puts.add(messages);
        figures.putBytes.add(bytes);
    }

    void putFailed(String topic) {
        all.putsFailed.increment();
        of(topic).putsFailed.increment();
    }

    void get(String topic) {
        all.gets.increment();
        of(topic).gets.increment();
    }

    void getMiss(String topic) {
        all.getMisses.increment();
        of(topic).getMisses.increment();
    }

    void offset(String topic) {
        all.offsets.increment();
        of(topic).offsets.increment();
    }

    public void reset() {
        all = new Figures();
        byTopic.clear();
    }
}
