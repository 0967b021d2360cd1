// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.Message;
import com.taobao.metamorphosis.client.MessageSessionFactory;
import com.taobao.metamorphosis.client.MetaMessageSessionFactory;
import java.util.List;
import java.util.Random;

/** What goes in comes out: attributes, empty and odd data, and every size a client may send. */
final class Payloads {
    private static final int RECORD_HEADER_BYTES = 20;
    private static final int TRANSFER_LIMIT_BYTES = 1024 * 1024;
    private static final int CLIENT_LIMIT_BYTES = 2 * 1024 * 1024;

    private Payloads() {}

    static void attributes(Site site) throws Exception {
        byte[] data = {1, 2, 3};
        roundTrip(
                site,
                List.of(
                        new Message(site.topic(), data),
                        new Message(site.topic(), data, "attribute"),
                        new Message(site.topic(), data, ""),
                        new Message(site.topic(), new byte[0], "attribute without data"),
                        new Message(site.topic(), data, "\u00e4\u20ac\ud83d\ude00\r\n 0 200")));
    }

    static void blankAndSpecialData(Site site) throws Exception {
        byte[] everyByte = new byte[256];
        for (int i = 0; i < everyByte.length; i++) {
            everyByte[i] = (byte) i;
        }
        roundTrip(
                site,
                List.of(
                        new Message(site.topic(), new byte[0]),
                        Traffic.text(site.topic(), " "),
                        Traffic.text(site.topic(), "\r\n"),
                        Traffic.text(site.topic(), "put " + site.topic() + " 0 5 0 -1 7\r\nhello"),
                        Traffic.text(site.topic(), "\u0000\u4f60\u597d ~!@#$%^&*()_+{}|:\"<>?"),
                        new Message(site.topic(), everyByte)));
    }

    /**
     * The largest record the original broker can hand out, and its neighbours below. The small ones at the end, one for
     * each partition, are for the original: it does not show a record of this size before the next one is flushed.
     */
    static void upToTheTransferLimit(Site site) throws Exception {
        int largest = TRANSFER_LIMIT_BYTES - RECORD_HEADER_BYTES;
        roundTrip(
                site,
                List.of(
                        random(site, 64 * 1024),
                        random(site, largest - 1),
                        random(site, largest),
                        random(site, 1),
                        random(site, 2)));
    }

    /** Records that 1.4's broker stores but cannot hand out; the client itself reads payloads of up to 2 MiB. */
    static void beyondTheTransferLimit(Site site) throws Exception {
        roundTrip(
                site,
                List.of(
                        random(site, TRANSFER_LIMIT_BYTES - RECORD_HEADER_BYTES + 1),
                        random(site, TRANSFER_LIMIT_BYTES + 1),
                        random(site, CLIENT_LIMIT_BYTES),
                        random(site, 1),
                        random(site, 2)));
    }

    private static Message random(Site site, int payloadBytes) {
        byte[] data = new byte[payloadBytes];
        new Random(payloadBytes).nextBytes(data);
        return new Message(site.topic(), data);
    }

    private static void roundTrip(Site site, List<Message> messages) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        Traffic.sendAll(Traffic.producer(sessions, site.topic()), messages);
        Inbox inbox = new Inbox();
        Traffic.subscribe(
                sessions.createConsumer(site.consumerConfig("g-" + site.topic())),
                site.topic(),
                Traffic.FETCH_BYTES,
                inbox);
        Traffic.requireSame(messages, inbox.await(messages.size()));
    }
}
