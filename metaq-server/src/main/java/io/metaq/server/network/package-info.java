// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Event loops, framing, back-pressure. Read {@code NetworkServer} first. */
package io.metaq.server.network;
