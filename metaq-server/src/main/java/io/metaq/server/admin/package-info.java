// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Operator commands. */
package io.metaq.server.admin;
