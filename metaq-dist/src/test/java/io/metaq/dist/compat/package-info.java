// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.

/**
 * Compatibility with MetaQ 1.4.6.2, shown with the original's own artifacts: its client against this broker, this client
 * against its broker, and a data directory that goes from one to the other.
 *
 * <p>Nothing of the original is in this class path. Its programs run as processes of their own (module {@code
 * metaq-dist-original}); every scenario is first shown against the original broker, so that a failure against ours is
 * ours. Read {@link io.metaq.dist.compat.OriginalClientContract} first.
 */
package io.metaq.dist.compat;
