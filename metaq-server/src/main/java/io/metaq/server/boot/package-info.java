// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Wiring: the only place that knows everybody; starts in order and closes in reverse. */
package io.metaq.server.boot;
