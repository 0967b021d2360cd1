// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Registration as MetaQ 1.4 clients expect it, and the embedded ZooKeeper server. */
package io.metaq.server.zookeeper;
