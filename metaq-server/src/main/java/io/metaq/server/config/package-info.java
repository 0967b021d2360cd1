// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Settings: reading, checking, defaults, and their documentation. */
package io.metaq.server.config;
