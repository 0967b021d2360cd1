// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.Message;
import com.taobao.metamorphosis.client.MessageSessionFactory;
import com.taobao.metamorphosis.client.MetaMessageSessionFactory;
import com.taobao.metamorphosis.client.producer.MessageProducer;
import com.taobao.metamorphosis.client.producer.SendResult;
import com.taobao.metamorphosis.exception.MetaClientException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Clients that live on while the broker goes and comes. They tell each message on standard output and end with their
 * standard input; the test that started them holds one list against the other.
 */
final class Living {
    private Living() {}

    /** Prints {@code acked TEXT PARTITION OFFSET} or {@code failed TEXT REASON}. A message is never sent twice. */
    static void producer(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        MessageProducer producer = Traffic.producer(sessions, site.topic());
        CountDownLatch end = endOfInput();
        System.out.println("ready");
        for (int i = 0; end.getCount() > 0; i++) {
            sendOnce(producer, Traffic.text(site.topic(), "m" + i));
            end.await(5, TimeUnit.MILLISECONDS);
        }
        System.out.println("stopped");
    }

    /** Prints {@code received TEXT ID}. */
    static void consumer(Site site) throws Exception {
        MessageSessionFactory sessions = new MetaMessageSessionFactory(site.clientConfig());
        CountDownLatch end = endOfInput();
        var consumer = sessions.createConsumer(site.consumerConfig("living-" + site.topic()));
        consumer.subscribe(site.topic(), Traffic.FETCH_BYTES, new Telling());
        consumer.completeSubscribe();
        System.out.println("ready");
        end.await();
        consumer.shutdown();
        System.out.println("stopped");
    }

    private static void sendOnce(MessageProducer producer, Message message) throws InterruptedException {
        try {
            SendResult result = producer.sendMessage(message, 3, TimeUnit.SECONDS);
            if (result.isSuccess()) {
                System.out.printf("acked %s %s %d%n", Traffic.text(message), result.getPartition(), result.getOffset());
            } else {
                System.out.printf("failed %s %s%n", Traffic.text(message), oneLine(result.getErrorMessage()));
            }
        } catch (MetaClientException e) {
            System.out.printf("failed %s %s%n", Traffic.text(message), oneLine(e.toString()));
        }
    }

    private static String oneLine(String text) {
        return String.valueOf(text).replaceAll("\\s+", " ");
    }

    private static CountDownLatch endOfInput() {
        CountDownLatch end = new CountDownLatch(1);
        Thread reader = new Thread(
                () -> {
                    try (BufferedReader input =
                            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
                        while (input.readLine() != null) {
                            // only the end matters
                        }
                    } catch (IOException e) {
                        System.err.println("standard input broke: " + e);
                    } finally {
                        end.countDown();
                    }
                },
                "end-of-input");
        reader.setDaemon(true);
        reader.start();
        return end;
    }

    private static final class Telling implements com.taobao.metamorphosis.client.consumer.MessageListener {
        @Override
        public void recieveMessages(Message message) {
            System.out.printf("received %s %d%n", Traffic.text(message), message.getId());
        }

        @Override
        public Executor getExecutor() {
            return null;
        }
    }
}
