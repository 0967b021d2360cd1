// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.client;

import io.metaq.client.MessageConsumer;
import io.metaq.client.MetaClientConfig;
import io.metaq.client.MetaMessageSessionFactory;
import io.metaq.client.ZkConfig;

/**
 * A member of a group as a process of its own, so that it can be killed.
 *
 * <p>Usage: {@code GroupMember ZK_CONNECT TOPIC GROUP}. Prints {@code ready} and then {@code received TEXT PARTITION} for
 * each message; leaves the group when its standard input ends.
 */
public final class GroupMember {
    private GroupMember() {}

    public static void main(String[] args) throws Exception {
        ZkConfig zk = new ZkConfig("/meta", args[0], 4_000, 10_000, 200);
        try (MetaMessageSessionFactory sessions = new MetaMessageSessionFactory(
                        MetaClientConfig.builder().zkConfig(zk).build());
                MessageConsumer consumer = sessions.createConsumer(LiveBroker.consumer(args[2]))) {
            consumer.subscribe(
                    args[1],
                    64 << 10,
                    message -> System.out.println("received " + Inbox.text(message) + " " + message.getPartition()));
            consumer.completeSubscribe();
            System.out.println("ready");
            while (System.in.read() >= 0) {
                // only the end matters
            }
        }
        System.out.println("left");
    }
}
