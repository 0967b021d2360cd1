// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.server.boot.Broker;
import io.metaq.server.testkit.NoBufferLeaks;
import io.metaq.server.testkit.WireClient;
import java.io.EOFException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A sender that believes in larger limits is told so, and its connection goes on; a length that is none ends it. */
@ExtendWith(NoBufferLeaks.class)
@Timeout(120)
class OversizedRequestTest {
    @TempDir
    Path directory;

    private Broker broker;

    @BeforeEach
    void start() throws Exception {
        broker = BrokerUnderAttack.start(directory, "maxMessageSize=1024\nmaxBatchSize=65536");
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1025, 65_536, 65_537, 5_000_000})
    void aPutBeyondTheLimitIsAnsweredAndNothingOfItIsTakenForACommand(int bytes) throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            WireClient.WireReply reply = client.ask(
                    "put test 0 " + bytes + " 0 -1 7\r\n" + "quit\r\n".repeat(bytes / 6) + "q".repeat(bytes % 6));
            assertThat(reply.header()).startsWith("result 500 ").endsWith(" 7");
            assertThat(reply.text())
                    .startsWith("Put message to [broker '" + broker.url() + "'] [partition 'test-0'] failed.")
                    .endsWith("a payload of " + bytes + " bytes is larger than maxMessageSize 1024");
            assertThat(client.ask("put test 0 2 0 -1 8\r\nhi").text()).endsWith(" 0 0");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {65_537, 5_000_000})
    void aBatchBeyondTheLimitIsAnswered(int bytes) throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            WireClient.WireReply reply =
                    client.ask("batch test 0 " + bytes + " 1 none -1 -1 7\r\n" + "x".repeat(bytes));
            assertThat(reply.header()).startsWith("result 413 ").endsWith(" 7");
            assertThat(reply.text()).endsWith("a batch of " + bytes + " bytes is larger than maxBatchSize 65536");
            assertThat(client.ask("version 8\r\n").code()).isEqualTo(200);
        }
    }

    @Test
    void aLengthBeyondEverySettingEndsTheConnection() throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            client.write("put test 0 268435457 0 -1 7\r\n");
            assertThatThrownBy(client::read).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void aBodyThatIsThrownAwayMayNotStandStill() throws Exception {
        try (WireClient client = new WireClient(broker.port())) {
            client.write("put test 0 100000000 0 -1 7\r\nabc");
            assertThatThrownBy(client::read).isInstanceOf(EOFException.class);
        }
    }
}
