// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.perf;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What one run measured.
 *
 * @param latencyNanos of acknowledgements, or for reading of the requests
 * @param forces of the broker during the run; 0 when nothing was forced
 */
public record LoadResult(
        String work,
        int threads,
        int partitions,
        int payloadBytes,
        long messages,
        double seconds,
        Histogram latencyNanos,
        long forces,
        long forcedRecords) {
    public static final String HEADER = String.format(
            Locale.ROOT,
            "%-22s %7s %10s %6s %12s %9s %9s %9s %9s %9s %9s %10s",
            "work",
            "threads",
            "partitions",
            "bytes",
            "msgs/s",
            "MB/s",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "max ms",
            "forces/s",
            "msgs/force");
    private static final double MB = 1e6;
    private static final double MS = 1e6;

    double messagesPerSecond() {
        return messages / seconds;
    }

    private double ms(double percentile) {
        return latencyNanos.getValueAtPercentile(percentile) / MS;
    }

    public String toLine() {
        return String.format(
                Locale.ROOT,
                "%-22s %7d %10d %6d %,12.0f %9.1f %9.3f %9.3f %9.3f %9.3f %9.0f %10.1f",
                work,
                threads,
                partitions,
                payloadBytes,
                messagesPerSecond(),
                messagesPerSecond() * payloadBytes / MB,
                ms(50),
                ms(99),
                ms(99.9),
                latencyNanos.getMaxValue() / MS,
                forces / seconds,
                forces == 0 ? 0 : (double) forcedRecords / forces);
    }

    public ObjectNode toJson() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("work", work)
                .put("threads", threads)
                .put("partitions", partitions)
                .put("payloadBytes", payloadBytes)
                .put("messages", messages)
                .put("seconds", seconds)
                .put("messagesPerSecond", messagesPerSecond())
                .put("megabytesPerSecond", messagesPerSecond() * payloadBytes / MB)
                .put("p50Ms", ms(50))
                .put("p99Ms", ms(99))
                .put("p999Ms", ms(99.9))
                .put("maxMs", latencyNanos.getMaxValue() / MS)
                .put("forces", forces)
                .put("messagesPerForce", forces == 0 ? 0 : (double) forcedRecords / forces);
    }
}
