// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import java.util.Map;
import java.util.TreeMap;

/**
 * Plays one scenario with the original client.
 *
 * <p>Usage: {@code OriginalClient SCENARIO ZK_CONNECT SERVER_URL TOPIC}. Prints {@code passed} and exits with 0, or
 * prints {@code failed: WHY} and exits with 1. The topic must have two partitions on broker 0, and no messages
 * unless the scenario is about those that another one has left.
 */
public final class OriginalClient {
    private static final Map<String, Scenario> SCENARIOS = new TreeMap<>(Map.ofEntries(
            Map.entry("sync", Producing::sync),
            Map.entry("callback", Producing::callback),
            Map.entry("async", Producing::async),
            Map.entry("pipelined", Producing::pipelined),
            Map.entry("ordered", Producing::ordered),
            Map.entry("attributes", Payloads::attributes),
            Map.entry("special-data", Payloads::blankAndSpecialData),
            Map.entry("transfer-limit", Payloads::upToTheTransferLimit),
            Map.entry("beyond-transfer-limit", Payloads::beyondTheTransferLimit),
            Map.entry("shared-group", Consuming::oneGroupShares),
            Map.entry("several-groups", Consuming::everyGroupGetsAll),
            Map.entry("broadcast", Consuming::broadcast),
            Map.entry("topic-browser", Consuming::topicBrowser),
            Map.entry("max-offset", Consuming::fromMaxOffset),
            Map.entry("small-consumer", Consuming::smallerThanTheMessage),
            Map.entry("resumed-group", Consuming::offsetsSurviveTheConsumer),
            Map.entry("stats", Operating::stats),
            Map.entry("direct", Operating::direct),
            Map.entry("write-history", History::write),
            Map.entry("read-history", History::read),
            Map.entry("continue-history", History::continueIt),
            Map.entry("read-continued-history", History::readContinued),
            Map.entry("living-producer", Living::producer),
            Map.entry("living-consumer", Living::consumer)));

    private OriginalClient() {}

    public static void main(String[] args) {
        Scenario scenario = args.length == 4 ? SCENARIOS.get(args[0]) : null;
        if (scenario == null) {
            System.err.println(
                    "usage: OriginalClient SCENARIO ZK_CONNECT SERVER_URL TOPIC; scenarios: " + SCENARIOS.keySet());
            System.exit(2);
            return;
        }
        int exitCode = play(scenario, new Site(args[1], args[2], args[3]));
        System.out.flush();
        // The original leaves threads running, and an orderly exit can hang for ever: a fetch thread that first loads
        // MonitorLog
        // then fails to add its shutdown hook, and the hooks that are there wait for that thread.
        Runtime.getRuntime().halt(exitCode);
    }

    private static int play(Scenario scenario, Site site) {
        try {
            scenario.play(site);
            System.out.println("passed");
            return 0;
        } catch (Exception e) {
            System.out.println("failed: " + e);
            e.printStackTrace();
            return 1;
        }
    }
}
