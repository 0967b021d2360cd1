// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import io.metaq.client.Partition;
import io.metaq.client.SendResult.Durability;
import java.util.Locale;

/** What a broker says about what it stored: {@code firstId partition firstOffset [durability]}. */
record StoredBatch(long firstId, Partition partition, long firstOffset, Durability durability) {
    /** @throws IllegalArgumentException when the text is something else */
    static StoredBatch parse(int brokerId, String body) {
        String[] fields = body.split(" ", -1);
        if (fields.length != 3 && fields.length != 4) {
            throw new IllegalArgumentException("'" + body + "' is no answer to a put");
        }
        Durability durability =
                fields.length == 3 ? Durability.UNSTATED : Durability.valueOf(fields[3].toUpperCase(Locale.ROOT));
        return new StoredBatch(
                Long.parseLong(fields[0]),
                new Partition(brokerId, Integer.parseInt(fields[1])),
                Long.parseLong(fields[2]),
                durability);
    }
}
