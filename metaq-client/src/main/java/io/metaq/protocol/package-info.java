// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/**
 * The wire: requests and replies as records, the header-line codec for both sides, and the limits on what may arrive.
 *
 * <p>No thread lives here. A frame is one header line ended by CRLF and, for most, a body of exactly the announced
 * length. Read {@link io.metaq.protocol.Request} first.
 */
package io.metaq.protocol;
