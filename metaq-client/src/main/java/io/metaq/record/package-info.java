// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/**
 * How a message lies on disk and on the wire: the record of MetaQ 1.4, which log, fetch reply and batch put share.
 *
 * <p>No thread lives here; everything is a static function over buffers or an immutable value. Read {@link
 * io.metaq.record.RecordLayout} first.
 */
package io.metaq.record;
