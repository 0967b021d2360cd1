// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;

/** This log takes no more appends (a failed force, a damaged file); other logs go on. The message says which and why. */
public final class LogOfflineException extends IOException {
    private static final long serialVersionUID = 1L;

    public LogOfflineException(String message, Throwable cause) {
        super(message, cause);
    }
}
