// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** One handler class per command. */
package io.metaq.server.command;
