// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.file.Path;

/** Stored bytes fail their checks; they are never served. Says which file, where in it, and what is wrong. */
public final class DamagedRecordException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long offset;

    public DamagedRecordException(Path file, long position, long offset, String what) {
        super(file + " at position " + position + " (offset " + offset + "): " + what);
        this.offset = offset;
    }

    /** The log's offset of the damaged record. */
    public long offset() {
        return offset;
    }
}
