// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.record.RecordBatch;
import io.metaq.record.RecordLayout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole crash run against brokers that break one promise, once: the checker must tell which. */
class CheckerAgainstLyingBrokersTest {
    private static final long SEED = 7;
    private static final int MESSAGES = 1500;
    private static final int LIE_AT_BATCH = 20;
    private static final Map<String, Integer> TOPICS = Map.of("one", 1);

    @TempDir
    Path directory;

    @Test
    void aRelayThatPassesEverythingOnIsFoundHonest() throws Exception {
        assertThat(judge((number, batch, conversation) -> conversation.pass(batch)))
                .isEmpty();
    }

    @Test
    void aBrokerThatAcknowledgesWithoutStoringLoses() throws Exception {
        assertThat(judge((number, batch, conversation) -> {
                    if (number == LIE_AT_BATCH) {
                        batch.records().release();
                        String stored = "1 " + batch.partition() + " 4096 flushed";
                        conversation.answer(new Reply.Result(StatusCode.OK, stored, batch.opaque()));
                    } else {
                        conversation.pass(batch);
                    }
                }))
                .containsExactly(Verdict.LOST);
    }

    @Test
    void aBrokerThatStoresABatchTwiceDuplicates() throws Exception {
        assertThat(judge((number, batch, conversation) -> {
                    ByteBuf again = batch.records().retainedDuplicate();
                    conversation.pass(batch);
                    if (number == LIE_AT_BATCH) {
                        conversation.passUnasked(with(batch, again));
                    } else {
                        again.release();
                    }
                }))
                .containsExactly(Verdict.DUPLICATED);
    }

    @Test
    void aBrokerThatSwapsMessagesIsOutOfOrder() throws Exception {
        assertThat(judge((number, batch, conversation) -> conversation.pass(with(batch, reversed(batch.records())))))
                .contains(Verdict.OUT_OF_ORDER);
    }

    @Test
    void aBrokerThatChangesAByteAndFitsTheChecksumCorrupts() throws Exception {
        assertThat(judge((number, batch, conversation) -> {
                    if (number == LIE_AT_BATCH) {
                        changeLastByte(batch.records());
                    }
                    conversation.pass(batch);
                }))
                .contains(Verdict.CORRUPTED);
    }

    @Test
    void aBrokerThatTellsAnotherOffsetMisplaces() throws Exception {
        assertThat(judge(new LyingRelay.Lie() {
                    @Override
                    public void onBatch(int number, Request.BatchPut batch, LyingRelay.Conversation conversation) {
                        conversation.pass(batch);
                    }

                    @Override
                    public Reply.Result onAnswer(Reply.Result answer) {
                        String[] fields = answer.body().split(" ", -1);
                        fields[2] = Long.toString(Long.parseLong(fields[2]) + 1);
                        return new Reply.Result(answer.code(), String.join(" ", fields), answer.opaque());
                    }
                }))
                .containsExactly(Verdict.MISPLACED);
    }

    @Test
    void aBrokerWhoseLogLosesItsEndBetweenRoundsLosesWhatWasAcknowledgedAndSeen() throws Exception {
        try (CrashRun run = new CrashRun(directory, SEED, TOPICS)) {
            run.begin();
            run.awaitAcknowledged(MESSAGES);
            run.finish();
            run.awaitSeen();

            run.broker().kill();
            cutNewestSegment(run.broker().dataDirectory());
            run.broker().start();

            assertThat(run.judge().violations()).containsOnlyKeys(Verdict.LOST, Verdict.VANISHED);
        }
    }

    private Set<Verdict> judge(LyingRelay.Lie lie) throws Exception {
        try (CrashRun run = new CrashRun(directory, SEED, TOPICS);
                LyingRelay relay = new LyingRelay(run.broker().port(), lie)) {
            run.sendThrough(relay.url());
            run.begin();
            run.awaitAcknowledged(MESSAGES);
            run.finish();
            return run.judge().violations().keySet();
        }
    }

    private static Request.BatchPut with(Request.BatchPut batch, ByteBuf records) {
        return new Request.BatchPut(
                batch.topic(),
                batch.partition(),
                batch.recordCount(),
                batch.compression(),
                batch.producerId(),
                batch.previousSequence(),
                records,
                batch.opaque());
    }

    /** The same records from the last to the first. Takes over the reference. */
    private static ByteBuf reversed(ByteBuf records) {
        List<ByteBuf> each = new ArrayList<>();
        int position = records.readerIndex();
        while (position < records.writerIndex()) {
            int bytes = RecordBatch.recordBytes(records, position);
            each.add(0, Unpooled.copiedBuffer(records.slice(position, bytes)));
            position += bytes;
        }
        records.release();
        return Unpooled.wrappedBuffer(each.toArray(new ByteBuf[0]));
    }

    /** The last byte of the first record's payload, with a checksum that agrees. */
    private static void changeLastByte(ByteBuf records) {
        int start = records.readerIndex();
        int payload = start + RecordLayout.HEADER_BYTES;
        int payloadBytes = records.getInt(start + RecordLayout.LENGTH_POSITION);
        int last = payload + payloadBytes - 1;
        records.setByte(last, records.getByte(last) ^ 1);
        records.setInt(start + RecordLayout.CHECKSUM_POSITION, RecordBatch.checksum(records, payload, payloadBytes));
    }

    /**
     * As if the newer half of the newest segment had never reached the disk, without a trace in the files beside it. One
     * partition is forced by itself, so the commit journal has nothing of it.
     */
    private static void cutNewestSegment(Path data) throws IOException {
        Path log = data.resolve("one-0");
        Path newest;
        try (Stream<Path> files = Files.list(log)) {
            newest = files.filter(file -> file.toString().endsWith(".meta"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
        Files.deleteIfExists(Path.of(newest.toString().replace(".meta", ".index")));
        Files.delete(data.resolve("recovery-points"));
        try (FileChannel channel = FileChannel.open(newest, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }
    }
}
