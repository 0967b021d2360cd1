// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

/**
 * How one log lies on disk.
 *
 * @param maxSegmentBytes a segment is sealed when an append has brought it to this size or beyond
 * @param indexIntervalBytes at least so many bytes between two entries of the sparse index
 */
public record LogConfig(long maxSegmentBytes, int indexIntervalBytes) {}
