// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import java.net.InetSocketAddress;
import java.net.URI;

/** {@code meta://host:port}, IPv6 addresses in brackets. */
public record BrokerUrl(String host, int port) {
    private static final int DEFAULT_PORT = 8123;

    public static BrokerUrl parse(String url) {
        URI uri;
        try {
            uri = URI.create(url.strip());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + url + "' is no broker address; write meta://host:port", e);
        }
        if (!"meta".equals(uri.getScheme()) || uri.getHost() == null) {
            throw new IllegalArgumentException("'" + url + "' is no broker address; write meta://host:port");
        }
        String host = uri.getHost();
        if (host.startsWith("[")) {
            host = host.substring(1, host.length() - 1);
        }
        return new BrokerUrl(host, uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort());
    }

    /** Not resolved: the name is looked up at each connect. */
    public InetSocketAddress address() {
        return InetSocketAddress.createUnresolved(host, port);
    }
}
