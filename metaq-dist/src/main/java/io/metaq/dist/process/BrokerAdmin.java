// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.metaq.client.net.BrokerLink;
import io.metaq.client.net.BrokerLinks;
import io.metaq.client.net.RequestForm;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Operator commands and questions to one broker. Blocking; thread-safe. */
public final class BrokerAdmin implements AutoCloseable {
    private static final long TIMEOUT_MS = 60_000;

    /** The broker refuses, or cannot be reached; the message says which. */
    public static final class AdminException extends Exception {
        private static final long serialVersionUID = 1L;

        private final boolean refusal;

        AdminException(String message, Throwable cause) {
            this(message, cause, /* refusal */ false);
        }

        private AdminException(String message, Throwable cause, boolean refusal) {
            super(message, cause);
            this.refusal = refusal;
        }

        /** Whether the broker has answered, and said no. */
        public boolean isRefusal() {
            return refusal;
        }
    }

    private final BrokerLinks links = new BrokerLinks(Duration.ofSeconds(10));
    private final BrokerLink link;
    private final ObjectMapper json = new ObjectMapper();

    /** @param url {@code meta://host:port} */
    public BrokerAdmin(String url) {
        link = links.apply(url);
    }

    public ObjectNode object() {
        return json.createObjectNode();
    }

    /** An operator command. */
    public JsonNode run(String verb, JsonNode arguments) throws AdminException {
        return parse(ask(opaque -> new Request.Admin(verb, arguments.toString(), opaque)));
    }

    public JsonNode createTopic(String topic, Map<String, String> settings) throws AdminException {
        ObjectNode arguments = object().put("topic", topic);
        ObjectNode node = arguments.putObject("settings");
        settings.forEach(node::put);
        return run("topic-create", arguments);
    }

    public JsonNode status() throws AdminException {
        return run("status", object());
    }

    /** One topic's partitions with their offsets. */
    public JsonNode describe(String topic) throws AdminException {
        return parse(ask(opaque -> new Request.Metadata(topic, opaque)));
    }

    /** The first offset stored at or after that time. */
    public long seek(String topic, int partition, long timestampMs) throws AdminException {
        return Long.parseLong(ask(opaque -> new Request.Seek(topic, partition, timestampMs, opaque)));
    }

    /** The first message that begins at that offset or behind it; the end when there is none. */
    public long boundaryAtOrAfter(String topic, int partition, long offset) throws AdminException {
        return Long.parseLong(
                ask(opaque -> new Request.Offset(topic, "metaq-command-line", partition, offset, opaque)));
    }

    /** Returns when the broker has answered anything at all. */
    public void requireReachable() throws AdminException {
        ask(Request.Version::new);
    }

    private JsonNode parse(String body) throws AdminException {
        try {
            return json.readTree(body);
        } catch (JsonProcessingException e) {
            throw new AdminException("the broker's answer is not JSON: " + body, e);
        }
    }

    private String ask(RequestForm form) throws AdminException {
        Reply reply;
        try {
            reply = link.ask(form, TIMEOUT_MS).get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AdminException("interrupted", e);
        } catch (ExecutionException e) {
            throw new AdminException("cannot reach " + link.url() + ": " + reason(e.getCause()), e.getCause());
        } catch (TimeoutException e) {
            throw new AdminException(link.url() + " does not answer", e);
        }
        if (reply instanceof Reply.Result result && result.isOk()) {
            return result.body();
        }
        throw new AdminException(
                reply instanceof Reply.Result result ? result.body() : "an answer of another kind",
                null, /* refusal */
                true);
    }

    /** The deepest cause that says something. */
    private static String reason(Throwable failure) {
        String reason = failure.getMessage();
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return "there is no such host";
            }
            if (cause instanceof ConnectException && !(cause instanceof ConnectTimeoutException)) {
                return "nobody listens there; is the broker running?";
            }
            reason = cause.getMessage() == null ? reason : cause.getMessage();
        }
        return reason;
    }

    @Override
    public void close() {
        links.close();
    }
}
