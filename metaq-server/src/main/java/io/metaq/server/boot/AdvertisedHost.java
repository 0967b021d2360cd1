// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.boot;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.Collections;

/** The host that clients are told to connect to when the configuration does not say: as MetaQ 1.4 chooses it. */
final class AdvertisedHost {
    private AdvertisedHost() {}

    /** The first IPv4 address that is not loopback, else loopback. */
    static String find() throws SocketException {
        for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            if (!network.isUp()) {
                continue;
            }
            for (InetAddress address : Collections.list(network.getInetAddresses())) {
                if (address instanceof Inet4Address && !address.isLoopbackAddress() && !address.isLinkLocalAddress()) {
                    return address.getHostAddress();
                }
            }
        }
        return "127.0.0.1";
    }

    /** {@code meta://host:port}, with brackets around an IPv6 address. */
    static String url(String host, int port) {
        return "meta://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
