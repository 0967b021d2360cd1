// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.record.MessageIds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** The table against a model that keeps every stored sequence of every producer. */
class ProducerTableTest {
    private static final int PRODUCERS = 4;

    @Property(tries = 300)
    void aSequenceIsStoredOnceAndInOrderWhateverIsRepeatedLostOrRolledBack(@ForAll long seed) {
        Random random = new Random(seed);
        ProducerTable table = new ProducerTable();
        Map<Long, List<Integer>> model = new HashMap<>();
        for (int step = 0; step < 300; step++) {
            long producer = random.nextInt(PRODUCERS);
            List<Integer> stored = model.computeIfAbsent(producer, id -> new ArrayList<>());
            int last = stored.isEmpty() ? -1 : stored.get(stored.size() - 1);
            Append.ProducerSequence batch = anyBatch(random, producer, last);
            ProducerTable.Verdict verdict = table.judge(batch);
            assertThat(verdict)
                    .as("seed %d step %d %s after %d", seed, step, batch, last)
                    .isEqualTo(judge(batch, last));
            boolean stores = verdict == ProducerTable.Verdict.NEW || verdict == ProducerTable.Verdict.PARTLY_STORED;
            if (stores) {
                table.stored(producer, new ProducerTable.Batch(batch.first(), batch.last(), step, step + 1), step);
                if (random.nextInt(4) == 0) {
                    table.rollback();
                } else {
                    table.confirm();
                    for (int sequence = Math.max(batch.first(), last + 1); sequence <= batch.last(); sequence++) {
                        stored.add(sequence);
                    }
                }
            }
            if (random.nextInt(20) == 0) {
                ProducerTable restored = new ProducerTable();
                restored.restore(table.snapshot());
                table = restored;
            }
        }
        for (Map.Entry<Long, List<Integer>> entry : model.entrySet()) {
            List<Integer> stored = entry.getValue();
            assertThat(table.lastSequence(entry.getKey()))
                    .isEqualTo(stored.isEmpty() ? -1 : stored.get(stored.size() - 1));
        }
    }

    private static Append.ProducerSequence anyBatch(Random random, long producer, int last) {
        int previous = Math.max(-1, last + random.nextInt(7) - 4);
        if (random.nextBoolean()) {
            previous = last;
        }
        int first = previous + 1 + (random.nextInt(8) == 0 ? random.nextInt(3) : 0);
        return new Append.ProducerSequence(producer, previous, first, first + random.nextInt(4));
    }

    /** The rules, in words of the model: {@code last} is the newest sequence stored, -1 for a producer nobody knows. */
    private static ProducerTable.Verdict judge(Append.ProducerSequence batch, int last) {
        if (batch.previous() == last) {
            return ProducerTable.Verdict.NEW;
        }
        if (last < 0) {
            return ProducerTable.Verdict.OUT_OF_SEQUENCE;
        }
        if (batch.last() <= last) {
            return ProducerTable.Verdict.DUPLICATE;
        }
        return batch.first() <= last ? ProducerTable.Verdict.PARTLY_STORED : ProducerTable.Verdict.OUT_OF_SEQUENCE;
    }

    @Property(tries = 100)
    void whatRecoveryReadsFromTheLogEqualsWhatTheWriterKnew(@ForAll long seed) {
        Random random = new Random(seed);
        ProducerTable written = new ProducerTable();
        ProducerTable read = new ProducerTable();
        int[] next = new int[PRODUCERS];
        long offset = 0;
        for (int step = 0; step < 100; step++) {
            int producer = random.nextInt(PRODUCERS);
            int first = next[producer];
            int last = first + random.nextInt(5);
            written.stored(producer, new ProducerTable.Batch(first, last, offset, offset + 10), step);
            written.confirm();
            for (int sequence = first; sequence <= last; sequence++) {
                read.recovered(MessageIds.idempotent(producer, sequence), 1, offset++, step);
            }
            next[producer] = last + 1;
            if (step == 50) {
                read = new ProducerTable();
                read.restore(written.snapshot());
            }
        }
        for (int producer = 0; producer < PRODUCERS; producer++) {
            assertThat(read.lastSequence(producer)).as("seed %d", seed).isEqualTo(written.lastSequence(producer));
        }
    }

    @Test
    void aBatchThatOvertakesTheFirstOneDoesNotMakeItADuplicate() {
        ProducerTable table = new ProducerTable();
        assertThat(table.judge(new Append.ProducerSequence(1, 4, 5, 9)))
                .isEqualTo(ProducerTable.Verdict.OUT_OF_SEQUENCE);
        assertThat(table.judge(new Append.ProducerSequence(1, -1, 0, 4))).isEqualTo(ProducerTable.Verdict.NEW);
    }

    @Test
    void aBatchThatContradictsItselfIsRefused() {
        ProducerTable table = new ProducerTable();
        assertThat(table.judge(new Append.ProducerSequence(1, 5, 5, 6)))
                .isEqualTo(ProducerTable.Verdict.OUT_OF_SEQUENCE);
        assertThat(table.judge(new Append.ProducerSequence(1, 5, 7, 6)))
                .isEqualTo(ProducerTable.Verdict.OUT_OF_SEQUENCE);
    }

    @Test
    void theLongestSilentAreForgottenBeyondTheBound() {
        ProducerTable table = new ProducerTable();
        for (int producer = 0; producer <= ProducerTable.MAX_PRODUCERS; producer++) {
            table.stored(producer, new ProducerTable.Batch(0, 0, 0, 1), producer);
        }
        table.confirm();
        table.expire(0);
        assertThat(table.lastSequence(0)).isEqualTo(-1);
        assertThat(table.lastSequence(1)).isZero();
    }
}
