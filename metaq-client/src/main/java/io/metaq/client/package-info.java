// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/**
 * The public API of the native client: factories, producers, consumers, messages and their exceptions.
 *
 * <p>Names are MetaQ's where they mean the same, so that migrating is changing imports.
 */
package io.metaq.client;
