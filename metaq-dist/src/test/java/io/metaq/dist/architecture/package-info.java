// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Which package may know which: the map of the code, as rules. */
package io.metaq.dist.architecture;
