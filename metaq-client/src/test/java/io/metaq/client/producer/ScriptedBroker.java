// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.net.BrokerFailureException;
import io.metaq.client.net.BrokerLink;
import io.metaq.client.net.RequestForm;
import io.metaq.protocol.Features;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.record.MessageIds;
import io.metaq.record.RecordBatch;
import io.metaq.record.RecordLayout;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A broker with one partition that does what a test tells it, when it is told. It stores and refuses batches by the rules of the
 * protocol: a batch is appended when it follows its producer's last one, a repeated one gets its first answer.
 */
final class ScriptedBroker implements BrokerLink {
    private final Set<Features> features;
    private final Deque<Asked> arriving = new ArrayDeque<>();
    private final Deque<Answered> answering = new ArrayDeque<>();
    private final List<String> log = new ArrayList<>();
    private final Map<Long, Integer> lastSequences = new HashMap<>();
    private final Map<Long, String> answers = new HashMap<>();
    private final List<BatchSeen> seen = new ArrayList<>();
    private long producers;
    private int opaque;
    private boolean away;

    /** A batch as it arrived. */
    record BatchSeen(long producerId, int previousSequence, int firstSequence, List<String> texts) {}

    private record Asked(Request request, CompletableFuture<Reply> answer) {}

    private record Answered(Reply reply, CompletableFuture<Reply> answer) {}

    ScriptedBroker(Features first, Features... others) {
        features = EnumSet.of(first, others);
    }

    static ScriptedBroker idempotent() {
        return new ScriptedBroker(Features.BATCH, Features.PRODUCER);
    }

    @Override
    public String url() {
        return "meta://scripted:1";
    }

    @Override
    public CompletableFuture<Set<Features>> features() {
        return away
                ? CompletableFuture.failedFuture(new BrokerFailureException("away", false, null))
                : CompletableFuture.completedFuture(features);
    }

    @Override
    public boolean isOnLoop() {
        return true;
    }

    @Override
    public CompletableFuture<Reply> ask(RequestForm form, long timeoutMs) {
        if (away) {
            return CompletableFuture.failedFuture(new BrokerFailureException("away", false, null));
        }
        Request request = form.with(opaque++);
        if (request instanceof Request.NewProducer producer) {
            return CompletableFuture.completedFuture(
                    new Reply.Result(200, Long.toString(producers++), producer.opaque()));
        }
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        arriving.add(new Asked(request, answer));
        return answer;
    }

    /** New questions fail at once, without having left. */
    void away(boolean isAway) {
        away = isAway;
    }

    int waiting() {
        return arriving.size() + answering.size();
    }

    /** What it stored, in order. */
    List<String> log() {
        return List.copyOf(log);
    }

    /** Every batch that was executed, repeated ones too. */
    List<BatchSeen> seen() {
        return List.copyOf(seen);
    }

    /** Executes the oldest question that is there; its answer waits for {@link #answer}. */
    void execute() {
        Asked asked = arriving.poll();
        if (asked != null) {
            Request.BatchPut batch = (Request.BatchPut) asked.request;
            answering.add(new Answered(store(batch), asked.answer));
            batch.records().release();
        }
    }

    /** Refuses the oldest question that is there with this code; it stores nothing. */
    void refuse(int code) {
        Asked asked = arriving.poll();
        if (asked != null) {
            Request.BatchPut batch = (Request.BatchPut) asked.request;
            batch.records().release();
            answering.add(new Answered(new Reply.Result(code, "refused", batch.opaque()), asked.answer));
        }
    }

    /** The oldest answer arrives. */
    void answer() {
        Answered answered = answering.poll();
        if (answered != null) {
            answered.answer.complete(answered.reply);
        }
    }

    void executeAndAnswerAll() {
        while (waiting() > 0) {
            execute();
            answer();
        }
    }

    /** The connection is lost: what was not executed never is, and no answer arrives any more. */
    void cut() {
        List<CompletableFuture<Reply>> lost = new ArrayList<>();
        answering.forEach(each -> lost.add(each.answer));
        arriving.forEach(each -> {
            ((Request.BatchPut) each.request).records().release();
            lost.add(each.answer);
        });
        answering.clear();
        arriving.clear();
        lost.forEach(each -> each.completeExceptionally(new BrokerFailureException("cut", true, null)));
    }

    /** Forgets what it knew of producers, as a broker does whose records of them are too old. */
    void forgetProducers() {
        lastSequences.clear();
        answers.clear();
    }

    private Reply store(Request.BatchPut batch) {
        ByteBuf records = batch.records();
        List<String> texts = new ArrayList<>();
        long firstId = RecordBatch.messageId(records, records.readerIndex());
        long lastId = firstId;
        for (int at = records.readerIndex(); at < records.writerIndex(); at += RecordBatch.recordBytes(records, at)) {
            lastId = RecordBatch.messageId(records, at);
            texts.add(records.toString(
                    at + RecordLayout.HEADER_BYTES,
                    RecordBatch.recordBytes(records, at) - RecordLayout.HEADER_BYTES,
                    StandardCharsets.UTF_8));
        }
        int first = batch.producerId() < 0 ? -1 : MessageIds.sequence(firstId);
        seen.add(new BatchSeen(batch.producerId(), batch.previousSequence(), first, texts));
        if (batch.producerId() >= 0) {
            int last = lastSequences.getOrDefault(batch.producerId(), -1);
            if (MessageIds.sequence(lastId) <= last) {
                return new Reply.Result(200, answers.get(firstId), batch.opaque());
            }
            if (batch.previousSequence() != last) {
                return new Reply.Result(409, "out of sequence", batch.opaque());
            }
            lastSequences.put(batch.producerId(), MessageIds.sequence(lastId));
        }
        String told = firstId + " 0 " + log.size() + " flushed";
        answers.put(firstId, told);
        log.addAll(texts);
        return new Reply.Result(200, told, batch.opaque());
    }

    @Override
    public void close() {}
}
