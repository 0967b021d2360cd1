// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/**
 * Producers and a reader go on while their broker is killed again and again; a checker decides, from what was sent, told and
 * read, whether the promises were kept. {@link io.metaq.dist.crash.HistoryChecker} is the judge and is tried itself:
 * against histories made by hand and against brokers that lie. {@link io.metaq.dist.crash.CrashRun} is the story.
 */
package io.metaq.dist.crash;
