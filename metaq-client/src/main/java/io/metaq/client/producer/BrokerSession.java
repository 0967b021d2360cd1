// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.discovery.BrokerDirectory;
import io.metaq.client.net.BrokerFailureException;
import io.metaq.client.net.BrokerLink;
import io.metaq.protocol.Announcement;
import io.metaq.protocol.Features;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.metaq.protocol.SendLimits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What a producer knows of one broker: whether it takes batches, how large ones, and the identity to send under. What it knows rests
 * on the broker's announcement: after a connection was lost it is looked at again, for another broker may answer at the address.
 *
 * <p>Belongs to the sender's loop, but for {@link #limits}; what comes back later is handed to it through {@code mailbox}.
 */
final class BrokerSession {
    /** How messages travel. */
    enum Mode {
        /** Not asked yet. */
        UNKNOWN,
        /** An original broker: one put a message. */
        PLAIN,
        BATCHED,
        IDEMPOTENT
    }

    private final int brokerId;
    private final BrokerDirectory directory;
    private final Function<String, BrokerLink> links;
    private final SenderMailbox mailbox;
    private final boolean wantIdempotence;
    private final long requestTimeoutMs;
    private final List<PartitionLane> interested = new ArrayList<>();
    private Mode mode = Mode.UNKNOWN;
    /** What mode and limits rest on; null: not asked yet. */
    private Announcement announcement;

    private volatile SendLimits limits = SendLimits.UNANNOUNCED;
    private ProducerIdentity identity;
    private boolean asking;
    private String askedUrl;

    BrokerSession(
            int brokerId,
            BrokerDirectory directory,
            Function<String, BrokerLink> links,
            SenderMailbox mailbox,
            boolean wantIdempotence,
            long requestTimeoutMs) {
        this.brokerId = brokerId;
        this.directory = directory;
        this.links = links;
        this.mailbox = mailbox;
        this.wantIdempotence = wantIdempotence;
        this.requestTimeoutMs = requestTimeoutMs;
    }

    int brokerId() {
        return brokerId;
    }

    Mode mode() {
        return mode;
    }

    ProducerIdentity identity() {
        return identity;
    }

    /** This identity's chain is broken or used up: whoever stamps next needs another. */
    void giveUp(ProducerIdentity broken) {
        if (identity == broken) {
            identity = null;
        }
    }

    /** The link now; empty when no address is known. */
    Optional<BrokerLink> findLink() {
        return directory.findUrl(brokerId).map(links);
    }

    /** (any thread) What the broker said last that it takes. */
    SendLimits limits() {
        return limits;
    }

    /** Whether the mode is that of the broker which is connected now. */
    boolean isKnown() {
        return announcement != null
                && findLink()
                        .flatMap(BrokerLink::findAnnouncement)
                        .filter(announcement::equals)
                        .isPresent();
    }

    boolean isReady() {
        return isKnown() && isPrepared();
    }

    private boolean isPrepared() {
        return mode == Mode.PLAIN || mode == Mode.BATCHED || mode == Mode.IDEMPOTENT && identity != null;
    }

    /** Asks for what is missing; the lane is pumped when it is there, or told to wait when that failed. */
    void prepare(PartitionLane lane) {
        if (!interested.contains(lane)) {
            interested.add(lane);
        }
        if (asking) {
            return;
        }
        Optional<BrokerLink> link = findLink();
        if (link.isEmpty()) {
            onPrepared(null, new BrokerFailureException("no address is known for broker " + brokerId, false, null));
            return;
        }
        asking = true;
        askedUrl = link.get().url();
        ask(link.get(), identity == null ? null : announcement)
                .whenComplete((found, failure) -> mailbox.post(() -> onPrepared(found, failure)));
    }

    /** @param identity null: none is needed, or the one that there is stays */
    private record Prepared(Announcement announcement, Mode mode, ProducerIdentity identity) {}

    /** @param identified whose broker gave the identity that there is; null: there is none */
    private CompletableFuture<Prepared> ask(BrokerLink link, Announcement identified) {
        return link.announcement().thenCompose(announced -> {
            Mode found = modeFor(announced.features());
            if (found != Mode.IDEMPOTENT || announced.equals(identified)) {
                return CompletableFuture.completedFuture(new Prepared(announced, found, null));
            }
            return link.ask(Request.NewProducer::new, requestTimeoutMs)
                    .thenApply(reply -> new Prepared(announced, found, new ProducerIdentity(producerId(reply))));
        });
    }

    private Mode modeFor(Set<Features> features) {
        if (!features.contains(Features.BATCH) || brokerId < 0) {
            return Mode.PLAIN;
        }
        return wantIdempotence && features.contains(Features.PRODUCER) ? Mode.IDEMPOTENT : Mode.BATCHED;
    }

    private long producerId(Reply reply) {
        if (reply instanceof Reply.Result result && result.isOk()) {
            return Long.parseLong(result.body().strip());
        }
        throw new IllegalStateException("broker " + brokerId + " at " + askedUrl + " gave no producer id: " + reply);
    }

    private void onPrepared(Prepared found, Throwable failure) {
        asking = false;
        if (failure == null) {
            mode = found.mode;
            if (found.identity != null || !found.announcement.equals(announcement)) {
                identity = found.identity;
            }
            announcement = found.announcement;
            limits = found.announcement.limits();
        }
        List<PartitionLane> lanes = List.copyOf(interested);
        interested.clear();
        lanes.forEach(lane -> lane.onPrepared(failure));
    }
}
