// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Load and latency: what {@code metaq perf} measures. */
package io.metaq.dist.perf;
