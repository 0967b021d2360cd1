// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.

/**
 * The native client against our broker, from end to end: real sockets, real files, a real ZooKeeper.
 *
 * <p>The broker runs in the process of the tests, so that it is up in a fraction of a second and can be restarted in
 * every test; where a process must die, it has one of its own. Read {@link io.metaq.dist.client.LiveBroker} first.
 */
package io.metaq.dist.client;
