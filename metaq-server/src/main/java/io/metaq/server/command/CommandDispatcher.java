// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.command;

import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.server.network.Exchange;
import io.metaq.server.network.RequestListener;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the handler of a request. Handlers are registered before the network starts; plug-ins add theirs then too. */
public final class CommandDispatcher implements RequestListener {
    private static final Logger LOG = LoggerFactory.getLogger(CommandDispatcher.class);

    private final Map<Class<? extends Request>, CommandHandler<? extends Request>> handlers = new ConcurrentHashMap<>();

    /** Throws when the command has a handler already. */
    public <R extends Request> void register(Class<R> type, CommandHandler<R> handler) {
        if (handlers.putIfAbsent(type, handler) != null) {
            throw new IllegalStateException(type.getSimpleName() + " has a handler already");
        }
    }

    @Override
    public void onRequest(Request request, Exchange exchange) {
        @SuppressWarnings("unchecked") // register() ties each class to a handler of its own kind
        CommandHandler<Request> handler = (CommandHandler<Request>) handlers.get(request.getClass());
        if (handler == null) {
            releaseBody(request);
            exchange.result(
                    StatusCode.BUSY,
                    "There is no processor for this command: "
                            + request.getClass().getSimpleName());
            return;
        }
        try {
            handler.handle(request, exchange);
        } catch (RuntimeException e) {
            LOG.error("A handler threw request={}", request.getClass().getSimpleName(), e);
            exchange.result(StatusCode.FAILED, "the broker failed on this request: " + e);
        }
    }

    private static void releaseBody(Request request) {
        ByteBuf body = null;
        if (request instanceof Request.Put put) {
            body = put.payload();
        } else if (request instanceof Request.Sync sync) {
            body = sync.payload();
        } else if (request instanceof Request.BatchPut batch) {
            body = batch.records();
        }
        if (body != null) {
            body.release();
        }
    }
}
