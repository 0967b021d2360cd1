// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

/** What becomes of a segment that its log does not keep any longer. Names of archives: MetaQ 1.4. */
public enum SegmentDisposal {
    DELETE,
    /** Renamed to {@code <segment>.arc}, beside the log. */
    ARCHIVE,
    /** Packed into {@code <segment>.zip}, beside the log. */
    ARCHIVE_ZIPPED
}
