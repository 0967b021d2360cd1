// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

/** The code of a {@code result} reply. Codes up to 504 are MetaQ 1.4's; 1.4 clients take every other one as a failure. */
public final class StatusCode {
    public static final int OK = 200;
    /** The body is the decimal offset to go on from. */
    public static final int MOVED = 301;

    public static final int BAD_REQUEST = 400;
    public static final int UNAUTHORIZED = 401;
    /** The partition is closed, or the command is not allowed from this address. */
    public static final int FORBIDDEN = 403;
    /** Nothing at this offset yet, or no such topic or partition. */
    public static final int NOT_FOUND = 404;
    /** An idempotent sequence with a gap, or something that exists already. */
    public static final int CONFLICT = 409;

    public static final int TOO_LARGE = 413;
    public static final int FAILED = 500;
    /** Busy; the same request may be sent again. */
    public static final int BUSY = 503;

    public static final int TIMEOUT = 504;
    /** The broker's disk is full: nothing was stored, reads go on, the same request may be sent again later. */
    public static final int DISK_FULL = 507;

    private StatusCode() {}
}
