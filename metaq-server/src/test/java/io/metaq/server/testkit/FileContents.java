// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.testkit;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of one file as the platter has them, and the changes that are only in the page cache. Not thread-safe: its
 * disk guards it.
 */
final class FileContents {
    /** One unforced change: a write, or a truncation to {@code position} when there are no bytes. */
    private record Change(long position, ByteBuffer bytes, long sequence) {
        boolean isTruncation() {
            return bytes == null;
        }
    }

    private byte[] durable;
    private int durableBytes;
    private final List<Change> unforced = new ArrayList<>();
    /** Their force failed: the kernel believes them written, no later force will write them. */
    private final List<Change> abandoned = new ArrayList<>();

    FileContents(byte[] durable) {
        this.durable = durable;
        this.durableBytes = durable.length;
    }

    void write(long position, byte[] bytes, long sequence) {
        unforced.add(new Change(position, ByteBuffer.wrap(bytes), sequence));
    }

    void truncate(long sizeBytes, long sequence) {
        unforced.add(new Change(sizeBytes, null, sequence));
    }

    /** The unforced changes up to {@code lastSequence} reach the platter. */
    void force(long lastSequence) {
        takeUnforced(lastSequence).forEach(this::apply);
    }

    /** The unforced changes up to {@code lastSequence} may or may not have reached it, and never will any more. */
    void failForce(long lastSequence) {
        abandoned.addAll(takeUnforced(lastSequence));
    }

    private List<Change> takeUnforced(long lastSequence) {
        List<Change> taken =
                unforced.stream().filter(c -> c.sequence <= lastSequence).toList();
        unforced.removeAll(taken);
        return taken;
    }

    private void apply(Change change) {
        if (change.isTruncation()) {
            resize((int) change.position);
        } else {
            place(change, new PowerLoss.Piece(0, change.bytes.limit()));
        }
    }

    private void place(Change change, PowerLoss.Piece piece) {
        if (piece.to() > piece.from()) {
            int end = (int) change.position + piece.to();
            resize(Math.max(durableBytes, end));
            change.bytes.get(piece.from(), durable, (int) change.position + piece.from(), piece.to() - piece.from());
        }
    }

    private void resize(int bytes) {
        if (bytes > durable.length) {
            durable = Arrays.copyOf(durable, Math.max(bytes, durable.length * 2));
        }
        if (bytes < durableBytes) {
            Arrays.fill(durable, bytes, durableBytes, (byte) 0);
        }
        durableBytes = bytes;
    }

    byte[] durable() {
        return Arrays.copyOf(durable, durableBytes);
    }

    /** What a power loss leaves; after it nothing is unforced. */
    byte[] crash(PowerLoss loss, long lastWrite) {
        List<Change> uncertain = new ArrayList<>(abandoned);
        uncertain.addAll(unforced);
        for (Change change : uncertain) {
            if (change.isTruncation()) {
                if (loss.keepsTruncation()) {
                    resize((int) Math.min(durableBytes, change.position));
                }
                continue;
            }
            List<PowerLoss.Piece> pieces =
                    loss.surviving(change.position, change.bytes.limit(), change.sequence == lastWrite);
            pieces.forEach(piece -> place(change, piece));
            if (loss.growsWithoutData()) {
                resize(Math.max(durableBytes, (int) change.position + change.bytes.limit()));
            }
        }
        abandoned.clear();
        unforced.clear();
        return durable();
    }
}
