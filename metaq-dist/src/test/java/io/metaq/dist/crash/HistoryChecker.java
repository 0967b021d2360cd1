// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Notes what producers sent and were told, what a consumer saw meanwhile, and what is read back at the end; then judges.
 *
 * <p>Producers are numbered from 0 and number their own messages from 0. A message's identity is both numbers. A consumer must
 * report each partition in the order of offsets, once; so must the reading back. Thread-safe: each call takes one lock.
 */
final class HistoryChecker {
    private static final int EXAMPLES_OF_EACH = 5;
    /** What was read is no message that anybody sent. */
    private static final long NO_MESSAGE = -1;

    private final List<Lane> lanes = new ArrayList<>();
    private final Map<Lane, Integer> laneNumbers = new HashMap<>();
    private final List<LaneHistory> seen = new ArrayList<>();
    private final List<LaneHistory> readBack = new ArrayList<>();
    private final List<ProducerHistory> producers = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();
    private long acknowledged;

    /** The next message of this producer is about to be sent; returns its sequence. */
    synchronized int sending(int producer, Lane lane) {
        while (producers.size() <= producer) {
            producers.add(new ProducerHistory());
        }
        ProducerHistory history = producers.get(producer);
        history.sent(numberOf(lane));
        return history.size() - 1;
    }

    synchronized void acknowledged(int producer, int sequence, long offset) {
        producers.get(producer).answered(sequence, offset);
        acknowledged++;
    }

    /** The producer was told that the message is not stored. */
    synchronized void refused(int producer, int sequence) {
        producers.get(producer).answered(sequence, ProducerHistory.REFUSED);
    }

    /** A consumer saw this while the broker came and went. */
    synchronized void seen(Lane lane, long offset, byte[] data) {
        seen.get(numberOf(lane)).add(offset, identify(data));
    }

    /** This is in the partition when all is over. */
    synchronized void readBack(Lane lane, long offset, byte[] data) {
        readBack.get(numberOf(lane)).add(offset, identify(data));
    }

    /** A consumer could not read here although there must be something. */
    synchronized void unreadable(Lane lane, long offset, String why) {
        unreadable.add(lane + " at " + offset + ": " + why);
    }

    synchronized long acknowledgedCount() {
        return acknowledged;
    }

    /** How many messages a consumer has reported while the broker came and went. */
    synchronized long seenCount() {
        return seen.stream().mapToLong(LaneHistory::size).sum();
    }

    private int numberOf(Lane lane) {
        return laneNumbers.computeIfAbsent(lane, fresh -> {
            lanes.add(fresh);
            seen.add(new LaneHistory());
            readBack.add(new LaneHistory());
            return lanes.size() - 1;
        });
    }

    private long identify(byte[] data) {
        return NumberedPayload.decode(data)
                .filter(told -> told.producer() >= 0
                        && told.producer() < producers.size()
                        && told.sequence() >= 0
                        && told.sequence() < producers.get(told.producer()).size())
                .map(told -> (long) told.producer() << Integer.SIZE | told.sequence())
                .orElse(NO_MESSAGE);
    }

    /** Judges everything noted so far. */
    synchronized CheckReport check() {
        Judgement judgement = new Judgement();
        unreadable.forEach(what -> judgement.note(Verdict.CORRUPTED, what));
        for (int lane = 0; lane < lanes.size(); lane++) {
            judgement.checkLane(lane);
            judgement.checkSeen(lane);
        }
        for (int producer = 0; producer < producers.size(); producer++) {
            judgement.checkProducer(producer);
        }
        return judgement.report();
    }

    private static int producerOf(long message) {
        return (int) (message >> Integer.SIZE);
    }

    private static int sequenceOf(long message) {
        return (int) message;
    }

    private static String nameOf(int producer, int sequence) {
        return "message " + sequence + " of producer " + producer;
    }

    /** One pass over the histories. */
    private final class Judgement {
        private final Map<Verdict, Long> violations = new EnumMap<>(Verdict.class);
        private final List<String> examples = new ArrayList<>();
        private final int[][] timesStored =
                producers.stream().map(history -> new int[history.size()]).toArray(int[][]::new);
        private long unacknowledged;
        private long unacknowledgedButStored;

        void note(Verdict verdict, String what) {
            if (violations.merge(verdict, 1L, Long::sum) <= EXAMPLES_OF_EACH) {
                examples.add(verdict + ": " + what);
            }
        }

        /** What lies in a partition: is it what was sent there, where the answer said, in the order of sending? */
        void checkLane(int lane) {
            LaneHistory found = readBack.get(lane);
            int[] last = new int[producers.size()];
            Arrays.fill(last, -1);
            for (int i = 0; i < found.size(); i++) {
                long offset = found.offset(i);
                if (found.message(i) == NO_MESSAGE) {
                    note(Verdict.CORRUPTED, lanes.get(lane) + " at " + offset + " is nothing that was sent");
                    continue;
                }
                int producer = producerOf(found.message(i));
                int sequence = sequenceOf(found.message(i));
                timesStored[producer][sequence]++;
                checkPlace(producer, sequence, lane, offset);
                if (timesStored[producer][sequence] == 1 && sequence < last[producer]) {
                    note(
                            Verdict.OUT_OF_ORDER,
                            nameOf(producer, sequence) + " is behind its " + last[producer] + " in " + lanes.get(lane)
                                    + " at " + offset);
                }
                last[producer] = Math.max(last[producer], sequence);
            }
        }

        private void checkPlace(int producer, int sequence, int lane, long offset) {
            ProducerHistory history = producers.get(producer);
            boolean first = timesStored[producer][sequence] == 1;
            boolean elsewhere = history.isAcknowledged(sequence) && history.answer(sequence) != offset;
            if (history.lane(sequence) != lane || first && elsewhere) {
                note(
                        Verdict.MISPLACED,
                        nameOf(producer, sequence) + " was sent to " + lanes.get(history.lane(sequence))
                                + ", acknowledged at " + history.answer(sequence) + ", and is in " + lanes.get(lane)
                                + " at " + offset);
            }
        }

        /** What a consumer saw must still be there. Both histories are in the order of offsets. */
        void checkSeen(int lane) {
            LaneHistory saw = seen.get(lane);
            LaneHistory found = readBack.get(lane);
            int at = 0;
            for (int i = 0; i < saw.size(); i++) {
                while (at < found.size() && found.offset(at) < saw.offset(i)) {
                    at++;
                }
                if (at == found.size() || found.offset(at) != saw.offset(i) || found.message(at) != saw.message(i)) {
                    note(Verdict.VANISHED, "what a consumer saw in " + lanes.get(lane) + " at " + saw.offset(i));
                }
            }
        }

        void checkProducer(int producer) {
            ProducerHistory history = producers.get(producer);
            for (int sequence = 0; sequence < history.size(); sequence++) {
                int times = timesStored[producer][sequence];
                String name = nameOf(producer, sequence) + " in " + lanes.get(history.lane(sequence));
                if (history.isAcknowledged(sequence)) {
                    if (times == 0) {
                        note(Verdict.LOST, name + ", acknowledged at " + history.answer(sequence));
                    } else if (times > 1) {
                        note(Verdict.DUPLICATED, name + " is there " + times + " times");
                    }
                    continue;
                }
                unacknowledged++;
                unacknowledgedButStored += Math.min(1, times);
                if (times > 1) {
                    note(Verdict.UNACKNOWLEDGED_REPEATED, name + " is there " + times + " times");
                }
                if (times > 0 && history.answer(sequence) == ProducerHistory.REFUSED) {
                    note(Verdict.REFUSED_BUT_STORED, name);
                }
            }
        }

        CheckReport report() {
            return new CheckReport(
                    producers.stream().mapToLong(ProducerHistory::size).sum(),
                    acknowledged,
                    unacknowledged,
                    unacknowledgedButStored,
                    readBack.stream().mapToLong(LaneHistory::size).sum(),
                    seenCount(),
                    violations,
                    examples);
        }
    }
}
