// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.Message;
import com.taobao.metamorphosis.client.MessageSessionFactory;
import com.taobao.metamorphosis.client.MetaMessageSessionFactory;
import com.taobao.metamorphosis.client.producer.MessageProducer;
import com.taobao.metamorphosis.client.producer.SendResult;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages that are the same in every run, so that what one broker wrote can be asked of another.
 *
 * <p>Message {@code i} is the text {@code history-i}; of three in a row the first has the attribute {@code
 * attribute-i}, the second an empty one and the third none.
 */
final class History {
    private static final int FIRST_PART = 60;
    private static final int SECOND_PART = 20;

    private History() {}

    /** Sends the first part and prints {@code wrote TEXT PARTITION OFFSET ID} for each. */
    static void write(Site site) throws Exception {
        send(site, messages(site, 0, FIRST_PART));
    }

    static void read(Site site) throws Exception {
        receive(site, messages(site, 0, FIRST_PART));
    }

    /** Sends the second part behind what is there and expects both. */
    static void continueIt(Site site) throws Exception {
        send(site, messages(site, FIRST_PART, SECOND_PART));
        readContinued(site);
    }

    static void readContinued(Site site) throws Exception {
        receive(site, messages(site, 0, FIRST_PART + SECOND_PART));
    }

    private static void send(Site site, List<Message> messages) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        MessageProducer producer = Traffic.producer(sessions, site.topic());
        for (Message message : messages) {
            SendResult result = Traffic.send(producer, message);
            System.out.printf(
                    "wrote %s %s %d %d%n",
                    Traffic.text(message), result.getPartition(), result.getOffset(), message.getId());
        }
    }

    private static void receive(Site site, List<Message> expected) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        Inbox inbox = new Inbox();
        String group = "history-" + System.currentTimeMillis();
        Traffic.subscribe(
                sessions.createConsumer(site.consumerConfig(group)), site.topic(), Traffic.FETCH_BYTES, inbox);
        Traffic.requireSame(expected, inbox.await(expected.size()));
    }

    private static List<Message> messages(Site site, int first, int count) {
        List<Message> messages = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            Message message = Traffic.text(site.topic(), "history-" + i);
            switch (i % 3) {
                case 0 -> message.setAttribute("attribute-" + i);
                case 1 -> message.setAttribute("");
                default -> message.setAttribute(null);
            }
            messages.add(message);
        }
        return messages;
    }
}
