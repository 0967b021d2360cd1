// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What of the unforced changes a power loss lets survive. Asked once for each change, in the order they were made; since
 * unforced changes are independent of each other, any subset is also what a reordering leaves.
 */
public interface PowerLoss {
    int SECTOR_BYTES = 512;

    /** Bytes {@code from} to {@code to} of one write. */
    record Piece(int from, int to) {}

    /** May a creation, move or deletion without {@code forceDirectory} survive? */
    boolean keepsNameChange();

    /** May a truncation without {@code force} survive? */
    boolean keepsTruncation();

    /**
     * The pieces of an unforced write that survive.
     *
     * @param last nothing was written to any file after it
     */
    List<Piece> surviving(long position, int bytes, boolean last);

    /** Does the file reach to the end of this write although its data did not survive? Then it has zeros there. */
    boolean growsWithoutData();

    /** Everything that was not forced is gone. */
    static PowerLoss ofAllUnforced() {
        return new Fixed(false, -1);
    }

    /** The kernel had written everything by itself. As after a killed process. */
    static PowerLoss ofNothing() {
        return new Fixed(true, -1);
    }

    /** All survives, but only the first bytes of the last write. */
    static PowerLoss tearingLastWriteAfterBytes(int bytes) {
        return new Fixed(true, bytes);
    }

    /** Each change by itself is kept, dropped, or torn by sectors or at a byte. */
    static PowerLoss random(long seed) {
        return new RandomLoss(new SplittableRandom(seed));
    }

    /** The same fate for all, but the last write may be torn. */
    record Fixed(boolean keeps, int lastWriteBytes) implements PowerLoss {
        @Override
        public boolean keepsNameChange() {
            return keeps;
        }

        @Override
        public boolean keepsTruncation() {
            return keeps;
        }

        @Override
        public List<Piece> surviving(long position, int bytes, boolean last) {
            int kept = last && lastWriteBytes >= 0 ? Math.min(bytes, lastWriteBytes) : bytes;
            return keeps ? List.of(new Piece(0, kept)) : List.of();
        }

        @Override
        public boolean growsWithoutData() {
            return false;
        }
    }

    /** Draws each fate. */
    record RandomLoss(SplittableRandom random) implements PowerLoss {
        @Override
        public boolean keepsNameChange() {
            return random.nextBoolean();
        }

        @Override
        public boolean keepsTruncation() {
            return random.nextBoolean();
        }

        @Override
        public List<Piece> surviving(long position, int bytes, boolean last) {
            return switch (random.nextInt(4)) {
                case 0 -> List.of();
                case 1 -> List.of(new Piece(0, bytes));
                case 2 -> List.of(new Piece(0, random.nextInt(bytes + 1)));
                default -> sectors(position, bytes);
            };
        }

        private List<Piece> sectors(long position, int bytes) {
            List<Piece> kept = new ArrayList<>();
            for (int from = 0; from < bytes; ) {
                int toSectorEnd = (int) (SECTOR_BYTES - (position + from) % SECTOR_BYTES);
                int to = Math.min(bytes, from + toSectorEnd);
                if (random.nextBoolean()) {
                    kept.add(new Piece(from, to));
                }
                from = to;
            }
            return kept;
        }

        @Override
        public boolean growsWithoutData() {
            return random.nextInt(4) == 0;
        }
    }
}
