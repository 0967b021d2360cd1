// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** The demonstration that the README begins with. */
package io.metaq.dist.demo;
