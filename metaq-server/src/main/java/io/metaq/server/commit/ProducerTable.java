// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.record.MessageIds;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What idempotent producers have stored in one log: for each its last sequence and its last few batches. Rebuilt from the
 * ids in the log, so it can never disagree with it for long.
 *
 * <p>Threads: belongs to the log writer; {@link #snapshot} is taken there.
 *
 * <p>Idea: Kafka's idempotent producer (KIP-98), with the sequence kept in the message id.
 */
final class ProducerTable {
    private static final int RECENT_BATCHES = 8;
    static final int MAX_PRODUCERS = 16_384;

    /** Consecutive records of one producer. {@code firstOffset} is where the first begins;
     * {@code endOffset} is where the last ends, or -1 when nobody knows any more. */
    record Batch(int firstSequence, int lastSequence, long firstOffset, long endOffset) {}

    /** One producer's state, for a snapshot. */
    record Entry(long producerId, int lastSequence, long lastTimestampMs, List<Batch> recent) {}

    private static final class State {
        private int lastSequence;
        private long lastTimestampMs;
        private final Deque<Batch> recent = new ArrayDeque<>(RECENT_BATCHES);
    }

    private final Map<Long, State> byProducer = new HashMap<>();
    private final List<Runnable> undo = new ArrayList<>();

    /** What to do with a batch. */
    enum Verdict {
        /** It follows the last one: store it. */
        NEW,
        /** All of it is stored already: answer again. */
        DUPLICATE,
        /** A crash tore it: its first part is stored, store the rest. */
        PARTLY_STORED,
        /** Something before it is missing. */
        OUT_OF_SEQUENCE
    }

    Verdict judge(Append.ProducerSequence batch) {
        if (batch.first() <= batch.previous() || batch.last() < batch.first()) {
            return Verdict.OUT_OF_SEQUENCE; // it contradicts itself
        }
        State state = byProducer.get(batch.producerId());
        if (batch.previous() == lastSequence(batch.producerId())) {
            return Verdict.NEW;
        }
        if (state == null) {
            // Its first batch was refused and this one overtakes it, or it was idle for longer than its state is kept.
            // Taking this one
            // would make a later repetition of the first look like a duplicate, and be acknowledged without being
            // stored.
            return Verdict.OUT_OF_SEQUENCE;
        }
        if (batch.last() <= state.lastSequence) {
            return Verdict.DUPLICATE;
        }
        return batch.first() <= state.lastSequence ? Verdict.PARTLY_STORED : Verdict.OUT_OF_SEQUENCE;
    }

    /** The last stored sequence, or -1. */
    int lastSequence(long producerId) {
        State state = byProducer.get(producerId);
        return state == null ? -1 : state.lastSequence;
    }

    /** The stored batch that begins with this sequence; null when it is too long ago. */
    Batch findBatch(long producerId, int firstSequence) {
        State state = byProducer.get(producerId);
        if (state != null) {
            for (Batch batch : state.recent) {
                if (batch.firstSequence == firstSequence) {
                    return batch;
                }
            }
        }
        return null;
    }

    /** Notes a batch that is being written; {@link #rollback} takes it back. */
    void stored(long producerId, Batch batch, long timestampMs) {
        State known = byProducer.get(producerId);
        if (known == null) {
            byProducer.put(producerId, apply(new State(), batch, timestampMs));
            undo.add(() -> byProducer.remove(producerId));
            return;
        }
        int lastSequence = known.lastSequence;
        long lastTimestampMs = known.lastTimestampMs;
        List<Batch> recent = List.copyOf(known.recent);
        undo.add(() -> {
            known.lastSequence = lastSequence;
            known.lastTimestampMs = lastTimestampMs;
            known.recent.clear();
            known.recent.addAll(recent);
        });
        apply(known, batch, timestampMs);
    }

    private static State apply(State state, Batch batch, long timestampMs) {
        state.lastSequence = batch.lastSequence;
        state.lastTimestampMs = timestampMs;
        if (state.recent.size() == RECENT_BATCHES) {
            state.recent.removeFirst();
        }
        state.recent.addLast(batch);
        return state;
    }

    /** What was noted since the last call is in the log. */
    void confirm() {
        undo.clear();
    }

    /** What was noted since the last {@link #confirm} did not reach the log. */
    void rollback() {
        for (int i = undo.size() - 1; i >= 0; i--) {
            undo.get(i).run();
        }
        undo.clear();
    }

    /** A record found by recovery; each stands for itself, since the log does not say where batches began. */
    void recovered(long messageId, int messageCount, long offset, long timestampMs) {
        if (!MessageIds.isIdempotent(messageId)) {
            return;
        }
        long producerId = MessageIds.producerId(messageId);
        int first = MessageIds.sequence(messageId);
        int last = first + messageCount - 1;
        State state = byProducer.computeIfAbsent(producerId, id -> new State());
        if (state.recent.isEmpty() || last > state.lastSequence) {
            apply(state, new Batch(first, last, offset, -1), timestampMs);
        }
    }

    /** Forgets who was silent since then, and beyond {@value #MAX_PRODUCERS} those who were silent longest. */
    void expire(long beforeMs) {
        byProducer.values().removeIf(state -> state.lastTimestampMs < beforeMs);
        if (byProducer.size() > MAX_PRODUCERS) {
            List<Map.Entry<Long, State>> oldestFirst = new ArrayList<>(byProducer.entrySet());
            oldestFirst.sort(Comparator.comparingLong(entry -> entry.getValue().lastTimestampMs));
            oldestFirst
                    .subList(0, byProducer.size() - MAX_PRODUCERS)
                    .forEach(entry -> byProducer.remove(entry.getKey()));
        }
    }

    boolean isEmpty() {
        return byProducer.isEmpty();
    }

    List<Entry> snapshot() {
        List<Entry> entries = new ArrayList<>(byProducer.size());
        byProducer.forEach((producerId, state) -> entries.add(
                new Entry(producerId, state.lastSequence, state.lastTimestampMs, List.copyOf(state.recent))));
        return entries;
    }

    void restore(List<Entry> entries) {
        for (Entry entry : entries) {
            State state = new State();
            state.lastSequence = entry.lastSequence;
            state.lastTimestampMs = entry.lastTimestampMs;
            state.recent.addAll(entry.recent);
            byProducer.put(entry.producerId, state);
        }
    }
}
