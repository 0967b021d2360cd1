// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.net.BrokerFailureException;
import io.metaq.client.net.BrokerLink;
import io.metaq.client.net.RequestForm;
import io.metaq.protocol.Announcement;
import io.metaq.protocol.Features;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.protocol.SendLimits;
import io.metaq.record.MessageIds;
import io.metaq.record.RecordBatch;
import io.metaq.record.RecordLayout;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * A broker with one partition that does what a test tells it, when it is told. It stores and refuses batches by the rules of the
 * protocol: a batch is appended when it follows its producer's last one, a repeated one gets its first answer. Like a real link it
 * connects when it is asked, and sends nothing that the broker which answers then has not announced.
 */
final class ScriptedBroker implements BrokerLink {
    private Announcement announcement;
    private Announcement told;
    private final Deque<Asked> arriving = new ArrayDeque<>();
    private final Deque<Answered> answering = new ArrayDeque<>();
    private final List<String> log = new ArrayList<>();
    private final Map<Long, Integer> lastSequences = new HashMap<>();
    private final Map<Long, String> answers = new HashMap<>();
    private final List<BatchSeen> seen = new ArrayList<>();
    private long producers;
    private int opaque;
    private int plainPuts;
    private boolean away;

    /** A batch as it arrived. */
    record BatchSeen(long producerId, int previousSequence, int firstSequence, List<String> texts) {}

    private record Asked(Request request, CompletableFuture<Reply> answer) {}

    private record Answered(Reply reply, CompletableFuture<Reply> answer) {}

    ScriptedBroker(Announcement announcement) {
        this.announcement = announcement;
    }

    static ScriptedBroker idempotent() {
        return new ScriptedBroker(announcing(SendLimits.UNANNOUNCED));
    }

    /** What our broker with these limits announces. */
    static Announcement announcing(SendLimits limits) {
        return new Announcement(Set.of(Features.BATCH, Features.PRODUCER), limits);
    }

    /** The connection is lost, and from now on a broker with the same log answers at the same address that announces this. */
    void become(Announcement another) {
        cut();
        announcement = another;
    }

    @Override
    public String url() {
        return "meta://scripted:1";
    }

    @Override
    public CompletableFuture<Announcement> announcement() {
        if (away) {
            return CompletableFuture.failedFuture(new BrokerFailureException("away", false, null));
        }
        told = announcement;
        return CompletableFuture.completedFuture(told);
    }

    @Override
    public Optional<Announcement> findAnnouncement() {
        return Optional.ofNullable(told);
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
        told = announcement;
        Request request = form.with(opaque++);
        if (!announcement
                .features()
                .containsAll(Features.neededFor(request).stream().toList())) {
            body(request).release();
            return CompletableFuture.failedFuture(new BrokerFailureException("does not speak it", false, null));
        }
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
            Reply reply =
                    asked.request instanceof Request.Put put ? store(put) : store((Request.BatchPut) asked.request);
            answering.add(new Answered(reply, asked.answer));
            body(asked.request).release();
        }
    }

    private static ByteBuf body(Request request) {
        return request instanceof Request.Put put ? put.payload() : ((Request.BatchPut) request).records();
    }

    /** Refuses the oldest question that is there with this code; it stores nothing. */
    void refuse(int code) {
        Asked asked = arriving.poll();
        if (asked != null) {
            body(asked.request).release();
            answering.add(new Answered(new Reply.Result(code, "refused", asked.request.opaque()), asked.answer));
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
            body(each.request).release();
            lost.add(each.answer);
        });
        answering.clear();
        arriving.clear();
        told = null;
        lost.forEach(each -> each.completeExceptionally(new BrokerFailureException("cut", true, null)));
    }

    /** Forgets what it knew of producers, as a broker does whose records of them are too old. */
    void forgetProducers() {
        lastSequences.clear();
        answers.clear();
    }

    private Reply store(Request.Put put) {
        String told = put.opaque() + 1 + " 0 " + log.size();
        log.add(put.payload().toString(StandardCharsets.UTF_8));
        plainPuts++;
        return new Reply.Result(200, told, put.opaque());
    }

    int plainPuts() {
        return plainPuts;
    }

    private Reply store(Request.BatchPut batch) {
        ByteBuf records = batch.records();
        if (records.readableBytes() > announcement.limits().maxBatchBytes()) {
            return new Reply.Result(413, "too large", batch.opaque());
        }
        try {
            RecordBatch.validate(
                    records, batch.recordCount(), announcement.limits().maxMessageBytes());
        } catch (RecordBatch.MalformedBatchException e) {
            return new Reply.Result(400, e.getMessage(), batch.opaque());
        }
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
