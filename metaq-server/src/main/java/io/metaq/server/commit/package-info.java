// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Group commit: the writer thread, the commit journal, watermarks, producer sequences. Read {@code GroupCommit} first. */
package io.metaq.server.commit;
