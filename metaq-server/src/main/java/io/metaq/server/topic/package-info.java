// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
/** Topics and partitions, their settings and life. Read {@code TopicRegistry} first. */
package io.metaq.server.topic;
