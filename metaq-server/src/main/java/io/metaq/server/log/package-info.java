// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Segments, index, append, read, recovery, retention. Knows no topics and no network. Read {@code SegmentedLog} first. */
package io.metaq.server.log;
