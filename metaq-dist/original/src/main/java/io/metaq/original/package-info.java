// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.

/**
 * Drivers around the original MetaQ 1.4.6.2 artifacts. They run as processes of their own, because the original's
 * libraries and ours do not live in one class path.
 *
 * <p>{@link io.metaq.original.OriginalClient} plays one scenario with the original client and says in its exit status
 * whether what it saw was right; {@link io.metaq.original.OriginalBroker} is the original broker with a line of standard
 * input as its remote control. Read the table in {@code OriginalClient} first.
 */
package io.metaq.original;
