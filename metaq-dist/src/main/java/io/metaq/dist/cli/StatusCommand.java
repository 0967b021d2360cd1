// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.metaq.dist.process.BrokerAdmin;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows how a broker is.",
            "Exit code 1 when somebody must see to something; the problems say to what."
        })
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private BrokerOption broker;

    @Option(names = "--json", description = "print JSON")
    private boolean json;

    @Override
    public Integer call() {
        try (BrokerAdmin admin = broker.admin()) {
            JsonNode status = admin.status();
            if (json) {
                Json.print(status);
            } else {
                status.properties().forEach(field -> show(field.getKey(), field.getValue()));
            }
            return status.path("healthy").asBoolean() ? ExitCode.OK : ExitCode.FAILED;
        } catch (BrokerAdmin.AdminException e) {
            throw new CommandFailure(ExitCode.BROKER, e.getMessage(), e);
        }
    }

    /** A list takes a line for each of its elements. */
    private static void show(String name, JsonNode value) {
        if (!value.isArray()) {
            System.out.printf("%-16s %s%n", name, value.asText());
        } else if (value.isEmpty()) {
            System.out.printf("%-16s none%n", name);
        } else {
            value.forEach(each ->
                    System.out.printf("%-16s %s%n", name, each.isValueNode() ? each.asText() : each.toString()));
        }
    }
}
