// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaClientException;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.dist.process.BrokerAdmin;
import picocli.CommandLine.Option;

/** Which broker a command speaks to. */
final class BrokerOption {
    @Option(
            names = "--broker",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8123",
            description = "the broker to speak to (default: ${DEFAULT-VALUE})")
    private String address;

    String url() {
        return urlOf(address);
    }

    /** As clients want it; a text that is no address ends the command. */
    static String urlOf(String address) {
        String plain = address.startsWith("meta://") ? address.substring("meta://".length()) : address;
        if (!plain.matches(".+:\\d{1,5}")) {
            throw new CommandFailure(ExitCode.USAGE, "--broker " + address + ": expected is HOST:PORT");
        }
        return "meta://" + plain;
    }

    BrokerAdmin admin() {
        return new BrokerAdmin(url());
    }

    MetaMessageSessionFactory sessions() {
        try {
            return new MetaMessageSessionFactory(
                    MetaClientConfig.builder().serverUrl(url()).build());
        } catch (MetaClientException e) {
            throw new CommandFailure(ExitCode.BROKER, "Cannot reach " + url() + ": " + e.getMessage(), e);
        }
    }
}
