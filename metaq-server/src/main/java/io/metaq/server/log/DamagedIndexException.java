// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.file.Path;

/** An index entry fails its check; the index is rebuilt from the log. */
final class DamagedIndexException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedIndexException(Path file, long position) {
        super(file + " at position " + position + ": the index entry fails its checksum");
    }
}
