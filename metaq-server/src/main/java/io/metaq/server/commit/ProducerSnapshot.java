// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.commit;

import io.metaq.server.log.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A log's producer sequences at one offset, as a file beside its segments. Recovery restores it and then reads the ids of
 * the records behind it. One line a producer: {@code producerId lastSequence lastTimestampMs {first last start end}*}.
 */
final class ProducerSnapshot {
    static final String FILE = "producers.snapshot";

    private ProducerSnapshot() {}

    static void write(Path logDirectory, List<ProducerTable.Entry> entries, Disk disk) throws IOException {
        Path path = logDirectory.resolve(FILE);
        if (entries.isEmpty() && !disk.exists(path)) {
            return;
        }
        StringBuilder text = new StringBuilder();
        for (ProducerTable.Entry entry : entries) {
            text.append(entry.producerId())
                    .append(' ')
                    .append(entry.lastSequence())
                    .append(' ')
                    .append(entry.lastTimestampMs());
            for (ProducerTable.Batch batch : entry.recent()) {
                text.append(' ')
                        .append(batch.firstSequence())
                        .append(' ')
                        .append(batch.lastSequence())
                        .append(' ')
                        .append(batch.firstOffset())
                        .append(' ')
                        .append(batch.endOffset());
            }
            text.append('\n');
        }
        CheckedTextFile.write(path, text.toString(), disk);
    }

    /** Empty when there is none; throws {@link CheckedTextFile.DamagedException} when it fails its check. */
    static Optional<List<ProducerTable.Entry>> read(Path logDirectory, Disk disk) throws IOException {
        Optional<String> text = CheckedTextFile.read(logDirectory.resolve(FILE), disk);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        List<ProducerTable.Entry> entries = new ArrayList<>();
        for (String line : text.get().lines().toList()) {
            String[] fields = line.split(" ", -1);
            List<ProducerTable.Batch> recent = new ArrayList<>();
            for (int i = 3; i + 3 < fields.length; i += 4) {
                recent.add(new ProducerTable.Batch(
                        Integer.parseInt(fields[i]),
                        Integer.parseInt(fields[i + 1]),
                        Long.parseLong(fields[i + 2]),
                        Long.parseLong(fields[i + 3])));
            }
            entries.add(new ProducerTable.Entry(
                    Long.parseLong(fields[0]), Integer.parseInt(fields[1]), Long.parseLong(fields[2]), recent));
        }
        return Optional.of(entries);
    }
}
