// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.timeout.IdleStateEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers come in any order, late, or never. */
class ReplyMatcherTest {
    private static final long LONG_MS = 60_000;

    private final ReplyMatcher matcher = new ReplyMatcher("meta://broker:1");
    private final EmbeddedChannel channel = new EmbeddedChannel(matcher);

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private CompletableFuture<Reply> ask(long timeoutMs) {
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        matcher.ask(Request.Version::new, timeoutMs, answer);
        channel.runPendingTasks();
        return answer;
    }

    private int sentOpaque() {
        Request sent = channel.readOutbound();
        return sent.opaque();
    }

    private static BrokerFailureException failure(CompletableFuture<Reply> answer) {
        try {
            throw new AssertionError("no failure but " + answer.get());
        } catch (ExecutionException e) {
            return (BrokerFailureException) e.getCause();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void answersFindTheirQuestionsInAnyOrder() {
        CompletableFuture<Reply> first = ask(LONG_MS);
        CompletableFuture<Reply> second = ask(LONG_MS);
        int one = sentOpaque();
        int two = sentOpaque();
        channel.writeInbound(new Reply.Result(200, "two", two));
        channel.writeInbound(new Reply.Result(200, "one", one));
        assertThat(((Reply.Result) first.join()).body()).isEqualTo("one");
        assertThat(((Reply.Result) second.join()).body()).isEqualTo("two");
    }

    @Test
    void anAnswerThatNobodyWaitsForIsGivenBack() {
        CompletableFuture<Reply> cancelled = ask(LONG_MS);
        int opaque = sentOpaque();
        cancelled.cancel(false);
        ByteBuf late = Unpooled.buffer(8);
        channel.writeInbound(new Reply.Value(late, opaque));
        assertThat(late.refCnt()).isZero();
        ByteBuf unasked = Unpooled.buffer(8);
        channel.writeInbound(new Reply.Value(unasked, 4711));
        assertThat(unasked.refCnt()).isZero();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void withoutAnAnswerInTimeTheQuestionMayHaveBeenDone() {
        CompletableFuture<Reply> shortly = ask(1);
        CompletableFuture<Reply> longer = ask(LONG_MS);
        Awaitility.await("the time-out").until(() -> {
            channel.runScheduledPendingTasks();
            return shortly.isDone();
        });
        assertThat(failure(shortly).maybeExecuted()).isTrue();
        assertThat(failure(shortly)).hasMessage("meta://broker:1 did not answer within 1 ms");
        assertThat(longer).isNotDone();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aLostConnectionFailsAllThatWaitsAndWhatIsAskedLaterWasNotDone() {
        CompletableFuture<Reply> waiting = ask(LONG_MS);
        channel.close();
        assertThat(failure(waiting).maybeExecuted()).isTrue();
        assertThat(failure(ask(LONG_MS)).maybeExecuted()).isFalse();
    }

    @Test
    void aQuestionThatCannotBeMadeFailsAlone() {
        CompletableFuture<Reply> answer = new CompletableFuture<>();
        matcher.ask(
                opaque -> {
                    throw new IllegalStateException("no such request");
                },
                LONG_MS,
                answer);
        assertThat(failure(answer).maybeExecuted()).isFalse();
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aBrokerThatFellSilentIsAskedAndLosesTheConnectionWhenItDoesNotSayThatItIsWell() {
        channel.pipeline().fireUserEventTriggered(IdleStateEvent.FIRST_READER_IDLE_STATE_EVENT);
        channel.runPendingTasks();
        channel.writeInbound(new Reply.Result(200, "2.0.0", sentOpaque()));
        assertThat(channel.isOpen()).isTrue();
        channel.pipeline().fireUserEventTriggered(IdleStateEvent.READER_IDLE_STATE_EVENT);
        channel.runPendingTasks();
        channel.writeInbound(new Reply.Result(500, "not well", sentOpaque()));
        assertThat(channel.isOpen()).isFalse();
    }
}
