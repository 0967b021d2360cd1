// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.MetaClientException;
import io.metaq.client.Partition;
import io.metaq.client.ProducerConfig;
import io.metaq.client.SendFailedException;
import io.metaq.client.SendFailedException.Outcome;
import io.metaq.client.SendResult;
import io.metaq.client.net.BrokerFailureException;
import io.metaq.client.net.BrokerLink;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.protocol.SendLimits;
import io.metaq.protocol.StatusCode;
import io.metaq.record.Compression;
import io.metaq.record.RecordLayout;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that goes to one partition, in order.
 *
 * <p>Messages are added to the open batch; a batch is sealed when it is full, when it has lingered, or at once when nothing is under
 * way. Sealed batches are stamped in order, and up to {@code maxInFlight} travel. When one is not stored, those behind it are refused
 * by the broker (their predecessor is missing); after every answer is in, all are sent again in order, with the same bytes.
 *
 * <p>Invariants: {@code flying} holds stamped batches in the order of their sequences; a batch is in exactly one of open, ready, flying;
 * each waiter is told once. A new identity begins only while nothing flies, so it can't overtake the old one.
 *
 * <p>A batch that no attempt may have stored can be stamped again; one that may be stored never is. So when another broker answers at the
 * address (an original one, or one that takes less), what it cannot have is put into the form it takes.
 *
 * <p>Threads: {@link #append}, {@link #unsettled} and {@link #sealForFlush} any, under the lane's lock; everything else the sender's loop.
 */
final class PartitionLane {
    private static final Logger log = LoggerFactory.getLogger(PartitionLane.class);

    private final String topic;
    private final Partition partition;
    private final boolean wrapsBatches;
    private final ProducerConfig config;
    private final BrokerSession broker;
    private final BufferBudget budget;
    private final SenderLoop sender;
    private final Object lock = new Object();

    // Guarded by lock.
    private Batch open;
    private final Deque<Batch> ready = new ArrayDeque<>();
    private boolean closed;

    // The loop's; flying is changed under the lock, so that unsettled() can read it.
    private final Deque<Batch> flying = new ArrayDeque<>();
    private ProducerIdentity identity;
    private int lastSequence = Batch.NO_SEQUENCE;
    private long notBeforeNanos;
    private boolean pausing;
    private int sentCount;
    private Throwable lastFailure;

    PartitionLane(
            String topic,
            Partition partition,
            boolean wrapsBatches,
            ProducerConfig config,
            BrokerSession broker,
            BufferBudget budget,
            SenderLoop sender) {
        this.topic = topic;
        this.partition = partition;
        this.wrapsBatches = wrapsBatches;
        this.config = config;
        this.broker = broker;
        this.budget = budget;
        this.sender = sender;
    }

    Partition partition() {
        return partition;
    }

    /** Refuses a message that the broker would: it would take its batch along. What a broker takes is known once it was asked. */
    void requireTaken(int payloadBytes) throws SendFailedException {
        if (payloadBytes > broker.limits().maxMessageBytes()) {
            throw oversized(payloadBytes);
        }
    }

    private SendFailedException oversized(int payloadBytes) {
        return failure(
                "a payload of " + payloadBytes + " bytes is larger than the broker takes (its maxMessageSize), at most "
                        + broker.limits().maxMessageBytes() + ", for ",
                Outcome.NOT_STORED,
                StatusCode.TOO_LARGE,
                null);
    }

    /** Takes a message for which the budget has been acquired. False: the producer is closed. */
    boolean append(int flag, byte[] attributes, byte[] data, Completion waiter) {
        int recordBytes = RecordLayout.recordBytes(attributes.length + data.length);
        boolean wake;
        synchronized (lock) {
            if (closed) {
                return false;
            }
            wake = open == null;
            if (open != null && !open.hasRoomFor(recordBytes)) {
                ready.add(open);
                open = null;
                wake = true;
            }
            if (open == null) {
                int most = Math.min(config.batchBytes(), broker.limits().maxBatchBytes());
                open = new Batch(Math.max(most, recordBytes), sender.nowNanos());
            }
            open.add(flag, attributes, data, waiter);
            if (open.isFull()) {
                ready.add(open);
                open = null;
                wake = true;
            }
        }
        if (wake) {
            sender.wake(this);
        }
        return true;
    }

    /** Batches whose waiters have not all been told. */
    List<Batch> unsettled() {
        synchronized (lock) {
            List<Batch> all = new ArrayList<>(flying);
            all.addAll(ready);
            if (open != null) {
                all.add(open);
            }
            return all;
        }
    }

    void sealForFlush() {
        synchronized (lock) {
            sealOpen();
        }
        sender.wake(this);
    }

    private void sealOpen() {
        if (open != null) {
            ready.add(open);
            open = null;
        }
    }

    /** Takes no more; what is there still goes. */
    void close() {
        synchronized (lock) {
            closed = true;
            sealOpen();
        }
        sender.wake(this);
    }

    /** Does all that can be done now. */
    void pump(long nowNanos) {
        expire(nowNanos);
        if (pausing && notBeforeNanos - nowNanos > 0) {
            sender.wakeAt(this, notBeforeNanos);
            return;
        }
        pausing = false;
        if (hasRefused()) {
            resend();
            return;
        }
        while (sentCount < mostInFlight()) {
            if (!needsSending(nowNanos)) {
                return;
            }
            if (!isBrokerReady()) {
                broker.prepare(this);
                return;
            }
            if (cutFirst(nowNanos)) {
                continue;
            }
            Batch next = takeReady();
            if (next == null || !launch(next)) {
                return;
            }
        }
    }

    private int mostInFlight() {
        return broker.mode() == BrokerSession.Mode.IDEMPOTENT ? config.maxInFlight() : 1;
    }

    private boolean needsSending(long nowNanos) {
        synchronized (lock) {
            if (!ready.isEmpty()) {
                return true;
            }
            return open != null && isRipe(nowNanos);
        }
    }

    /** Under the lock: whether the open batch has waited long enough. */
    private boolean isRipe(long nowNanos) {
        long lingerNanos = config.linger().toNanos();
        if (lingerNanos == 0) {
            return flying.isEmpty();
        }
        long ripeAt = open.createdNanos() + lingerNanos;
        if (ripeAt - nowNanos > 0) {
            sender.wakeAt(this, ripeAt);
            return false;
        }
        return true;
    }

    private boolean isBrokerReady() {
        if (!broker.isReady()) {
            boolean goesOn = broker.mode() == BrokerSession.Mode.IDEMPOTENT && identity != null && !flying.isEmpty();
            return goesOn && broker.isKnown();
        }
        return true;
    }

    /** Seals what is next, and cuts it when it was filled before the broker said what it takes. False: it fits, or there is none. */
    private boolean cutFirst(long nowNanos) {
        Batch whole;
        Batch.Cut cut;
        synchronized (lock) {
            if (ready.isEmpty() && open != null && isRipe(nowNanos)) {
                sealOpen();
            }
            SendLimits limits = broker.limits();
            if (ready.isEmpty() || ready.peek().fits(limits)) {
                return false;
            }
            whole = ready.poll();
            cut = whole.cutTo(limits);
            for (int i = cut.parts().size() - 1; i >= 0; i--) {
                ready.addFirst(cut.parts().get(i));
            }
        }
        for (Batch.Oversized each : cut.leftOut()) {
            budget.release(RecordLayout.recordBytes(each.payloadBytes()));
            each.waiter().failed(oversized(each.payloadBytes()));
        }
        whole.settleWith(cut.parts());
        return true;
    }

    private Batch takeReady() {
        synchronized (lock) {
            Batch next = ready.peek();
            if (next != null && !canStamp(next)) {
                return null;
            }
            if (next != null) {
                flying.add(ready.poll());
            }
            return next;
        }
    }

    /** Makes sure that there is an identity with room; false: wait until nothing flies, or until there is one. */
    private boolean canStamp(Batch next) {
        if (!flying.isEmpty() && !flying.peek().isStamped()) {
            return false; // goes on message by message, although batches are taken now
        }
        if (broker.mode() != BrokerSession.Mode.IDEMPOTENT) {
            return true;
        }
        if (identity != null && !identity.hasRoomFor(next.count())) {
            broker.giveUp(identity);
            identity = flying.isEmpty() ? null : identity;
            if (identity != null) {
                return false;
            }
        }
        if (identity == null && !flying.isEmpty()) {
            return false;
        }
        if (flying.isEmpty() && identity != broker.identity()) {
            identity = broker.identity();
            lastSequence = Batch.NO_SEQUENCE;
        }
        if (identity == null) {
            broker.prepare(this);
            return false;
        }
        if (!identity.hasRoomFor(next.count())) {
            broker.giveUp(identity);
            identity = null;
            broker.prepare(this);
            return false;
        }
        return true;
    }

    private boolean launch(Batch batch) {
        if (broker.mode() == BrokerSession.Mode.PLAIN) {
            return sendPlain(batch);
        }
        return stamp(batch) && send(batch);
    }

    private boolean stamp(Batch batch) {
        try {
            boolean idempotent = broker.mode() == BrokerSession.Mode.IDEMPOTENT;
            batch.stamp(idempotent ? identity : null, lastSequence, config.compression());
            lastSequence = batch.lastSequence();
            return true;
        } catch (IOException e) {
            fail(batch, "could not compress a batch for ", Outcome.NOT_STORED, 0, e);
            breakChain();
            return false;
        }
    }

    private boolean send(Batch batch) {
        Optional<BrokerLink> link = broker.findLink();
        if (link.isEmpty()) {
            batch.flight = Batch.Flight.REFUSED;
            pause(batch);
            return false;
        }
        batch.flight = Batch.Flight.SENT;
        batch.attempts++;
        sentCount++;
        link.get()
                .ask(opaque -> form(batch, opaque), config.requestTimeout().toMillis())
                .whenComplete((reply, failure) -> sender.post(() -> onAnswer(batch, reply, failure)));
        return true;
    }

    private Request form(Batch batch, int opaque) {
        return new Request.BatchPut(
                topic,
                partition.getPartition(),
                batch.count(),
                batch.bodyCompression().wireName(),
                batch.identity() == null ? -1 : batch.identity().producerId(),
                batch.previousSequence(),
                batch.retainedBody(),
                opaque);
    }

    private void onAnswer(Batch batch, Reply reply, Throwable failure) {
        sentCount--;
        if (reply instanceof Reply.Result result) {
            onResult(batch, result);
        } else {
            onNoAnswer(batch, failure);
        }
        pump(sender.nowNanos());
    }

    private void onResult(Batch batch, Reply.Result result) {
        switch (result.code()) {
            case StatusCode.OK -> onStored(batch, result.body());
            case StatusCode.BUSY, StatusCode.DISK_FULL -> refuse(batch, result);
            case StatusCode.CONFLICT -> onConflict(batch, result);
            default -> {
                // After a failed force the broker itself does not know whether the bytes survive.
                boolean unknown = batch.maybeStored || result.code() == StatusCode.FAILED;
                Outcome outcome = unknown ? Outcome.UNKNOWN : Outcome.NOT_STORED;
                fail(batch, result.body() + " for ", outcome, result.code(), null);
                breakChain();
            }
        }
    }

    private void onStored(Batch batch, String body) {
        StoredBatch stored;
        try {
            stored = StoredBatch.parse(partition.getBrokerId(), body);
        } catch (IllegalArgumentException e) {
            fail(batch, "an answer that can't be read for ", Outcome.UNKNOWN, StatusCode.OK, e);
            breakChain();
            return;
        }
        remove(batch);
        batch.settleStored(stored, wrapsBatches && batch.bodyCompression() != Compression.NONE);
    }

    private void refuse(Batch batch, Reply.Result result) {
        lastFailure = new IOException(result.code() + " " + result.body());
        batch.flight = Batch.Flight.REFUSED;
        pause(batch);
    }

    /**
     * Behind a batch that is not stored this is expected: it goes again after its predecessor. The first one in line lost its chain:
     * the broker forgot the producer, or a batch before was given up.
     */
    private void onConflict(Batch batch, Reply.Result result) {
        if (flying.peek() != batch) {
            refuse(batch, result);
        } else if (batch.maybeStored) {
            fail(
                    batch,
                    "the broker no longer knows whether it has the batch (" + result.body() + ") for ",
                    Outcome.UNKNOWN,
                    result.code(),
                    null);
            breakChain();
        } else {
            refuse(batch, result);
            breakChain();
        }
    }

    private void onNoAnswer(Batch batch, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        lastFailure = cause;
        boolean maybeExecuted = !(cause instanceof BrokerFailureException known) || known.maybeExecuted();
        batch.maybeStored |= maybeExecuted;
        if (batch.maybeStored && batch.identity() == null) {
            fail(batch, "no answer for ", Outcome.UNKNOWN, 0, cause);
        } else {
            batch.flight = Batch.Flight.REFUSED;
            pause(batch);
        }
    }

    private void pause(Batch batch) {
        long backoff = config.retryBackoff().toNanos() << Math.min(4, Math.max(0, batch.attempts - 1));
        long until = sender.nowNanos() + backoff;
        if (!pausing || until - notBeforeNanos > 0) {
            notBeforeNanos = until;
        }
        pausing = true;
        sender.wakeAt(this, notBeforeNanos);
    }

    private boolean hasRefused() {
        for (Batch batch : flying) {
            if (batch.flight == Batch.Flight.REFUSED) {
                return true;
            }
        }
        return false;
    }

    /**
     * Once every answer is in, sends again what flies, in order; what was stamped in a broken chain, or has a form that the broker which
     * answers now does not take, in a new one.
     */
    private void resend() {
        if (sentCount > 0) {
            return;
        }
        if (!broker.isKnown()) {
            broker.prepare(this);
            return;
        }
        if (broker.mode() == BrokerSession.Mode.PLAIN) {
            giveUpWhatMayBeStored();
        }
        if (flying.isEmpty()) {
            sender.wake(this);
            return;
        }
        if (!isFormTaken()) {
            breakChain();
            if (!restamp()) {
                return;
            }
        }
        for (Batch batch : List.copyOf(flying)) {
            boolean sent = batch.isStamped() ? send(batch) : sendPlain(batch);
            if (!sent) {
                return;
            }
        }
    }

    /** An original broker would store a second time what the one before it at this address may have stored. */
    private void giveUpWhatMayBeStored() {
        for (Batch batch : List.copyOf(flying)) {
            if (batch.maybeStored) {
                fail(
                        batch,
                        "an original broker has taken the place of the one that may have stored the batch for ",
                        Outcome.UNKNOWN,
                        0,
                        lastFailure);
                breakChain();
            }
        }
    }

    private boolean isFormTaken() {
        BrokerSession.Mode mode = broker.mode();
        for (Batch batch : flying) {
            boolean chainIsBroken = identity == null && mode == BrokerSession.Mode.IDEMPOTENT;
            boolean isTaken = mode != BrokerSession.Mode.PLAIN && !chainIsBroken && batch.fits(broker.limits());
            if (batch.isStamped() && !isTaken) {
                return false;
            }
        }
        return true;
    }

    /**
     * Batches that may be stored, and those before them, keep their ids and go first as they were; those behind them wait, and get new ones.
     * False: none is left to go.
     */
    private boolean restamp() {
        synchronized (lock) {
            while (!flying.isEmpty() && !flying.peekLast().maybeStored) {
                Batch last = flying.pollLast();
                last.flight = Batch.Flight.WAITING;
                last.unstamp();
                ready.addFirst(last);
            }
        }
        if (flying.isEmpty()) {
            sender.wake(this);
            return false;
        }
        return true;
    }

    private void breakChain() {
        if (identity != null) {
            broker.giveUp(identity);
            identity = null;
            lastSequence = Batch.NO_SEQUENCE;
        }
    }

    /** One message as a put of its own: to an original broker, which has no batches and can't tell a repetition. */
    private boolean sendPlain(Batch batch) {
        Optional<BrokerLink> link = broker.findLink();
        if (link.isEmpty()) {
            batch.flight = Batch.Flight.REFUSED;
            pause(batch);
            return false;
        }
        batch.flight = Batch.Flight.SENT;
        batch.attempts++;
        sentCount++;
        link.get()
                .ask(
                        opaque -> new Request.Put(
                                topic,
                                partition.getPartition(),
                                batch.plainFlag(),
                                batch.plainChecksum(),
                                null,
                                batch.retainedPlainPayload(),
                                opaque),
                        config.requestTimeout().toMillis())
                .whenComplete((reply, failure) -> sender.post(() -> onPlainAnswer(batch, reply, failure)));
        return true;
    }

    private void onPlainAnswer(Batch batch, Reply reply, Throwable failure) {
        sentCount--;
        if (reply instanceof Reply.Result result) {
            onPlainResult(batch, result);
        } else if (failure instanceof BrokerFailureException known && !known.maybeExecuted()) {
            lastFailure = failure;
            batch.flight = Batch.Flight.REFUSED;
            pause(batch);
        } else {
            settlePlain(batch, failure("no answer for ", Outcome.UNKNOWN, 0, failure));
        }
        pump(sender.nowNanos());
    }

    private void onPlainResult(Batch batch, Reply.Result result) {
        switch (result.code()) {
            case StatusCode.OK -> {
                try {
                    StoredBatch stored = StoredBatch.parse(partition.getBrokerId(), result.body());
                    batch.plainWaiter()
                            .stored(SendResult.stored(
                                    stored.partition(), stored.firstOffset(), stored.firstId(), stored.durability()));
                    plainAdvance(batch);
                } catch (IllegalArgumentException e) {
                    settlePlain(batch, failure("an answer that can't be read for ", Outcome.UNKNOWN, 200, e));
                }
            }
            case StatusCode.BUSY, StatusCode.DISK_FULL -> refuse(batch, result);
            default -> {
                Outcome outcome = result.code() == StatusCode.FAILED ? Outcome.UNKNOWN : Outcome.NOT_STORED;
                settlePlain(batch, failure(result.body() + " for ", outcome, result.code(), null));
            }
        }
    }

    private void settlePlain(Batch batch, MetaClientException why) {
        batch.plainWaiter().failed(why);
        plainAdvance(batch);
    }

    private void plainAdvance(Batch batch) {
        if (batch.plainAdvance()) {
            remove(batch);
            batch.settleAnswered();
        } else {
            sendPlain(batch);
        }
    }

    /** Fails what is older than the delivery time-out and not on its way just now. */
    private void expire(long nowNanos) {
        long oldest = nowNanos - config.deliveryTimeout().toNanos();
        List<Batch> expired = new ArrayList<>();
        synchronized (lock) {
            if (open != null && open.createdNanos() - oldest <= 0) {
                sealOpen();
            }
            for (Iterator<Batch> each = ready.iterator(); each.hasNext(); ) {
                Batch batch = each.next();
                if (batch.createdNanos() - oldest <= 0) {
                    each.remove();
                    expired.add(batch);
                }
            }
        }
        for (Batch batch : List.copyOf(flying)) {
            if (batch.flight == Batch.Flight.REFUSED && batch.createdNanos() - oldest <= 0) {
                expired.add(0, batch);
                breakChain();
            }
        }
        for (Batch batch : expired) {
            fail(
                    batch,
                    "not delivered within " + config.deliveryTimeout().toMillis() + " ms: ",
                    batch.maybeStored ? Outcome.UNKNOWN : Outcome.NOT_STORED,
                    0,
                    lastFailure);
        }
    }

    private void fail(Batch batch, String why, Outcome outcome, int code, Throwable cause) {
        remove(batch);
        log.warn(
                "A batch failed topic={} partition={} messages={} outcome={} why={}",
                topic,
                partition,
                batch.count(),
                outcome,
                why + topic);
        batch.settleFailed(failure(why, outcome, code, cause));
    }

    private SendFailedException failure(String why, Outcome outcome, int code, Throwable cause) {
        String text = why + "topic " + topic + " partition " + partition + (code == 0 ? "" : " (code " + code + ")")
                + (cause == null ? "" : ": " + cause.getMessage());
        return new SendFailedException(text, outcome, code, cause);
    }

    private void remove(Batch batch) {
        long bytes = batch.bytes();
        synchronized (lock) {
            flying.remove(batch);
        }
        budget.release(bytes);
    }

    /** The broker is known and gave an identity, or it could not be asked. */
    void onPrepared(Throwable failure) {
        if (failure != null) {
            lastFailure = failure;
            notBeforeNanos = sender.nowNanos() + config.retryBackoff().toNanos();
            pausing = true;
            sender.wakeAt(this, notBeforeNanos);
        }
        pump(sender.nowNanos());
    }

    /** Fails all that is left, when the producer is closed for good; nothing may be on its way any more. */
    void abandon() {
        synchronized (lock) {
            sealOpen();
        }
        for (Batch batch : unsettled()) {
            synchronized (lock) {
                ready.remove(batch);
            }
            boolean unknown = batch.maybeStored || batch.flight == Batch.Flight.SENT;
            fail(
                    batch,
                    "the producer was closed before an answer for ",
                    unknown ? Outcome.UNKNOWN : Outcome.NOT_STORED,
                    0,
                    lastFailure);
        }
    }
}
