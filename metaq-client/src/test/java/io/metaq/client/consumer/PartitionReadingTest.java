// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.client.CommittedOffset;
import io.metaq.client.ConsumerConfig;
import io.metaq.client.ConsumerConfig.InvalidDataPolicy;
import io.metaq.client.MessageListener;
import io.metaq.client.Partition;
import io.metaq.client.RejectConsumptionHandler.Decision;
import io.metaq.protocol.StatusCode;
import io.metaq.record.RecordBatch;
import io.metaq.record.RecordLayout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Reading one partition, on one thread with a clock that is set by hand. */
class PartitionReadingTest {
    private final EmbeddedChannel loop = new EmbeddedChannel();
    private final Deque<CompletableFuture<ReadAnswer>> reads = new ArrayDeque<>();
    private final List<Long> askedOffsets = new ArrayList<>();
    private final List<Integer> askedBytes = new ArrayList<>();
    private final List<Long> boundaries = new ArrayList<>();
    private final List<String> delivered = new ArrayList<>();
    private final ConsumerConfig config = new ConsumerConfig("group");
    private final PartitionReading.Source source = new PartitionReading.Source() {
        @Override
        public CompletableFuture<ReadAnswer> read(TopicPartition from, long offset, int maxBytes) {
            askedOffsets.add(offset);
            askedBytes.add(maxBytes);
            reads.add(new CompletableFuture<>());
            return reads.getLast();
        }

        @Override
        public CompletableFuture<Long> boundary(TopicPartition in, long offset) {
            boundaries.add(offset);
            return CompletableFuture.completedFuture(offset + 99);
        }
    };

    private PartitionReading begin(long offset) {
        return begin(offset, message -> delivered.add(new String(message.getData(), StandardCharsets.UTF_8)));
    }

    private PartitionReading begin(long offset, MessageListener listener) {
        loop.freezeTime();
        config.setMaxDelayFetchTimeInMills(1_000);
        PartitionReading reading = new PartitionReading(
                new TopicPartition("topic", new Partition(0, 0)),
                offset,
                new PartitionReading.Setting(
                        config, listener, null, 100, loop.eventLoop(), null, (message, by) -> Decision.RETRY),
                source);
        reading.start();
        loop.runPendingTasks();
        return reading;
    }

    @AfterEach
    void end() {
        loop.close();
    }

    private void advance(long ms) {
        loop.advanceTimeBy(ms, TimeUnit.MILLISECONDS);
        loop.runPendingTasks();
    }

    private void answer(ReadAnswer answer) {
        reads.remove().complete(answer);
        loop.runPendingTasks();
    }

    private static ReadAnswer data(ByteBuf records) {
        return new ReadAnswer(StatusCode.OK, -1, records, "", true);
    }

    private static ReadAnswer moved(long to) {
        return new ReadAnswer(StatusCode.MOVED, to, null, "", false);
    }

    /** Each takes 22 bytes when its text has two letters. */
    private static ByteBuf records(long firstId, String... texts) {
        ByteBuf all = Unpooled.buffer();
        long id = firstId;
        for (String text : texts) {
            byte[] data = text.getBytes(StandardCharsets.UTF_8);
            ByteBuf payload = Unpooled.wrappedBuffer(data);
            all.writeInt(data.length)
                    .writeInt(RecordBatch.checksum(payload, 0, data.length))
                    .writeLong(id++)
                    .writeInt(0)
                    .writeBytes(data);
        }
        return all;
    }

    @Test
    void theNextReadBeginsBehindTheLastWholeMessage() {
        PartitionReading reading = begin(0);
        ByteBuf cutOff = records(1, "m0", "m1", "m2");
        answer(data(cutOff.writerIndex(50)));
        assertThat(delivered).containsExactly("m0", "m1");
        assertThat(askedOffsets).containsExactly(0L, 44L);
        assertThat(reading.takeCommit()).contains(new CommittedOffset("topic", new Partition(0, 0), 44, 2));
        assertThat(reading.takeCommit()).as("nothing new").isEmpty();
        assertThat(cutOff.refCnt()).isZero();
    }

    @Test
    void aMessageThatDoesNotFitIsAskedForWithMoreBytesUntilItDoes() {
        begin(0);
        ByteBuf start = records(1, "x".repeat(500)).writerIndex(100);
        answer(data(start.retainedDuplicate()));
        answer(data(start));
        answer(data(records(1, "x".repeat(500))));
        assertThat(askedBytes).startsWith(100, 200, 400).endsWith(100);
        assertThat(delivered).hasSize(1);
    }

    /** An original broker shows what it has not forced yet, and then says that the log ends before it. */
    @Test
    void whatWasConsumedIsNotDeliveredAgainWhenTheBrokerMovesTheReadingBack() {
        PartitionReading reading = begin(0);
        answer(data(records(1, "m0", "m1")));
        answer(moved(22));
        advance(1_000);
        answer(data(records(2, "m1", "m2")));
        assertThat(delivered).containsExactly("m0", "m1", "m2");
        assertThat(askedOffsets).containsExactly(0L, 44L, 22L, 66L);
        assertThat(reading.takeCommit().orElseThrow().offset()).isEqualTo(66);
    }

    /** As after a crash that took unforced bytes: at the old offsets there is something else now. */
    @Test
    void whatIsNewAtAnOldOffsetIsDelivered() {
        begin(0);
        answer(data(records(1, "m0", "m1")));
        answer(moved(22));
        advance(1_000);
        answer(data(records(7, "n1", "n2")));
        assertThat(delivered).containsExactly("m0", "m1", "n1", "n2");
    }

    @Test
    void aMessageThatFailsComesAgainAfterAGrowingDelay() {
        List<String> seen = new ArrayList<>();
        PartitionReading reading = begin(0, message -> {
            seen.add(new String(message.getData(), StandardCharsets.UTF_8));
            if (seen.size() < 4) {
                throw new IllegalStateException("not yet");
            }
        });
        for (int retry = 1; retry <= 3; retry++) {
            answer(data(records(1, "m0")));
            assertThat(reads).as("a pause of %d steps", retry).isEmpty();
            advance(retry * 100 - 1);
            assertThat(reads).isEmpty();
            advance(1);
            assertThat(reads).hasSize(1);
        }
        assertThat(reading.takeCommit()).isEmpty();
        answer(data(records(1, "m0")));
        assertThat(seen).containsExactly("m0", "m0", "m0", "m0");
        assertThat(reading.takeCommit().orElseThrow().offset()).isEqualTo(22);
    }

    @Test
    void damageStopsThePartitionBehindTheLastGoodMessage() {
        begin(0);
        ByteBuf records = records(1, "m0", "m1");
        records.setByte(22 + RecordLayout.HEADER_BYTES, 'X');
        answer(data(records));
        assertThat(delivered).containsExactly("m0");
        ByteBuf bad = records(2, "m1");
        bad.setByte(RecordLayout.HEADER_BYTES, 'X');
        answer(data(bad));
        advance(1_000);
        assertThat(askedOffsets).containsExactly(0L, 22L, 22L);
        assertThat(boundaries).isEmpty();
    }

    @Test
    void damageIsSkippedToTheNextBoundaryWhenThatIsThePolicy() {
        config.setInvalidDataPolicy(InvalidDataPolicy.SKIP);
        begin(0);
        ByteBuf bad = records(1, "m0");
        bad.setInt(0, -5);
        answer(data(bad));
        advance(1_000);
        assertThat(boundaries).containsExactly(1L);
        assertThat(askedOffsets).containsExactly(0L, 100L);
    }

    @Test
    void anAnswerAfterTheStopIsGivenBackAndNotDelivered() {
        PartitionReading reading = begin(0);
        assertThat(reading.stop(10)).isTrue();
        ByteBuf late = records(1, "m0");
        answer(data(late));
        assertThat(delivered).isEmpty();
        assertThat(late.refCnt()).isZero();
        assertThat(reads).isEmpty();
    }

    @Test
    void aFailedReadIsTriedAgain() {
        begin(0);
        reads.remove().completeExceptionally(new IllegalStateException("cut"));
        loop.runPendingTasks();
        assertThat(reads).isEmpty();
        advance(100);
        answer(data(records(1, "m0")));
        assertThat(delivered).containsExactly("m0");
    }
}
