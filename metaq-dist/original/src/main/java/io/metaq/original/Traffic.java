// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.Message;
import com.taobao.metamorphosis.client.MessageSessionFactory;
import com.taobao.metamorphosis.client.consumer.MessageConsumer;
import com.taobao.metamorphosis.client.producer.MessageProducer;
import com.taobao.metamorphosis.client.producer.SendResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/** The steps that many scenarios share: sending so that it must succeed, subscribing, and comparing what came. */
final class Traffic {
    static final int FETCH_BYTES = 1024 * 1024;

    private Traffic() {}

    static Message text(String topic, String data) {
        return new Message(topic, data.getBytes(StandardCharsets.UTF_8));
    }

    static String text(Message message) {
        return new String(message.getData(), StandardCharsets.UTF_8);
    }

    static List<Message> texts(String topic, String prefix, int count) {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            messages.add(text(topic, prefix + i));
        }
        return messages;
    }

    static MessageProducer producer(MessageSessionFactory sessions, String topic) {
        MessageProducer producer = sessions.createProducer();
        producer.publish(topic);
        return producer;
    }

    static SendResult send(MessageProducer producer, Message message) throws Exception {
        SendResult result = producer.sendMessage(message);
        ScenarioFailure.unless(result.isSuccess(), "send failed: %s", result.getErrorMessage());
        return result;
    }

    static void sendAll(MessageProducer producer, List<Message> messages) throws Exception {
        for (Message message : messages) {
            send(producer, message);
        }
    }

    static MessageConsumer subscribe(MessageConsumer consumer, String topic, int maxBytes, Inbox inbox)
            throws Exception {
        consumer.subscribe(topic, maxBytes, inbox);
        consumer.completeSubscribe();
        return consumer;
    }

    /** The messages are the same ones, in whatever order: partitions have none between them. */
    static void requireSame(List<Message> sent, List<Message> received) {
        List<String> expected = fingerprints(sent);
        List<String> actual = fingerprints(received);
        ScenarioFailure.unless(expected.equals(actual), "sent %s but received %s", expected, actual);
    }

    private static List<String> fingerprints(List<Message> messages) {
        return messages.stream().map(Traffic::fingerprint).sorted().collect(Collectors.toList());
    }

    private static String fingerprint(Message message) {
        CRC32 crc = new CRC32();
        crc.update(message.getData());
        return message.getData().length + " bytes, CRC " + crc.getValue() + ", attribute " + message.hasAttribute()
                + " '" + message.getAttribute() + "'";
    }
}
