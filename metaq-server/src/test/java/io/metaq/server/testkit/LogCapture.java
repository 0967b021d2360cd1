// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.testkit;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.io.Closeable;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;

/** What is logged below one name, from the opening to the close. Any thread. */
public final class LogCapture implements Closeable {
    private record Line(Level level, String text) {}

    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private final Logger logger;
    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            lines.add(new Line(event.getLevel(), event.getFormattedMessage()));
        }
    };

    public LogCapture(String name) {
        logger = (Logger) LoggerFactory.getLogger(name);
        appender.setContext(logger.getLoggerContext());
        appender.start();
        logger.addAppender(appender);
    }

    public List<String> warnings() {
        return textsOf(Level.WARN);
    }

    public List<String> errors() {
        return textsOf(Level.ERROR);
    }

    private List<String> textsOf(Level level) {
        return lines.stream()
                .filter(line -> line.level.equals(level))
                .map(Line::text)
                .toList();
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
    }
}
