// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.producer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class BufferBudgetTest {
    private final BufferBudget budget = new BufferBudget(100);

    @Test
    void whatDoesNotFitHasToWaitAndTheRestOfTheRoomStays() throws Exception {
        assertThat(budget.acquire(60, 0)).isTrue();
        assertThat(budget.acquire(41, 0)).isFalse();
        assertThat(budget.acquire(40, 0)).isTrue();
        assertThat(budget.usedBytes()).isEqualTo(100);
    }

    @Test
    void oneOversizedMessageIsTakenAlone() throws Exception {
        assertThat(budget.acquire(1_000, 0)).isTrue();
        assertThat(budget.acquire(1, 0)).isFalse();
        budget.release(1_000);
        assertThat(budget.acquire(1, 0)).isTrue();
        assertThat(budget.acquire(1_000, 0)).isFalse();
    }

    @Test
    void whoWaitsGoesOnWhenThereIsRoom() throws Exception {
        budget.acquire(100, 0);
        CompletableFuture<Thread> waiter = new CompletableFuture<>();
        CompletableFuture<Boolean> got = CompletableFuture.supplyAsync(() -> {
            waiter.complete(Thread.currentThread());
            try {
                return budget.acquire(50, TimeUnit.SECONDS.toNanos(30));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Thread thread = waiter.get(10, TimeUnit.SECONDS);
        Awaitility.await("the wait").until(() -> thread.getState() == Thread.State.TIMED_WAITING);
        budget.release(60);
        assertThat(got).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(true);
        assertThat(budget.usedBytes()).isEqualTo(90);
    }
}
