// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.metaq.server.log.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultyDiskTest {
    @TempDir
    Path root;

    private final FaultyDisk disk = new FaultyDisk();
    private Path path;

    @BeforeEach
    void nameTheFile() {
        path = root.resolve("file");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private DiskFile createDurably(String text) throws IOException {
        DiskFile file = disk.create(path);
        file.write(bytes(text), 0);
        file.force();
        disk.forceDirectory(root);
        return file;
    }

    @Test
    void onlyForcedBytesOfAForcedNameSurvive() throws IOException {
        DiskFile file = createDurably("forced");
        file.write(bytes(" not"), 6);
        disk.create(root.resolve("nameless")).force();

        disk.crash(PowerLoss.ofAllUnforced());

        assertThat(path).hasContent("forced");
        assertThat(root.resolve("nameless")).doesNotExist();
        assertThatThrownBy(() -> file.write(bytes("x"), 0)).isInstanceOf(FaultyDisk.PowerIsOffException.class);
    }

    @Test
    void aKilledProcessLosesNothing() throws IOException {
        disk.create(path).write(bytes("written"), 0);
        disk.crash(PowerLoss.ofNothing());
        assertThat(path).hasContent("written");
    }

    @Test
    void theLastWriteIsTornWhereAskedFor() throws IOException {
        DiskFile file = createDurably("ab");
        file.write(bytes("cd"), 2);
        file.write(bytes("efgh"), 4);
        disk.crash(PowerLoss.tearingLastWriteAfterBytes(1));
        assertThat(path).hasContent("abcde");
    }

    @Test
    void namesChangeWholeOrNotAtAllAndInAnyCombination() throws IOException {
        Set<String> outcomes = new HashSet<>();
        for (int seed = 0; seed < 100; seed++) {
            Path directory = Files.createDirectory(root.resolve("seed-" + seed));
            Path old = Files.writeString(directory.resolve("old"), "old");
            Path fresh = directory.resolve("fresh");
            FaultyDisk seeded = new FaultyDisk();
            try (DiskFile file = seeded.create(fresh)) {
                file.write(bytes("new"), 0);
                file.force();
            }
            seeded.move(fresh, old);
            seeded.delete(Files.writeString(directory.resolve("other"), "other"));
            seeded.crash(PowerLoss.random(seed));
            assertThat(Files.readString(old)).isIn("old", "new");
            outcomes.add(Files.readString(old) + Files.exists(directory.resolve("other")));
        }
        assertThat(outcomes).hasSize(4);
    }

    @Test
    void aLostDirectoryTakesItsFilesAlong() throws IOException {
        Path directory = root.resolve("a/b");
        disk.createDirectories(directory);
        DiskFile file = disk.create(directory.resolve("file"));
        file.force();
        disk.forceDirectory(directory);
        disk.forceDirectory(directory.getParent());
        disk.crash(PowerLoss.ofAllUnforced());
        assertThat(root.resolve("a")).doesNotExist();
        assertThat(disk.list(directory)).isEmpty();
    }

    @Test
    void unforcedWritesAreTornAtSectorsAndBytesAndLeaveHoles() throws IOException {
        boolean tornAtSector = false;
        boolean tornAtByte = false;
        boolean hole = false;
        for (int seed = 0; seed < 100; seed++) {
            Path name = root.resolve("seed-" + seed);
            FaultyDisk seeded = new FaultyDisk();
            DiskFile file = seeded.create(name);
            seeded.forceDirectory(root);
            file.write(bytes("x".repeat(2048)), 0);
            seeded.crash(PowerLoss.random(seed));
            String left = Files.readString(name);
            hole |= left.startsWith("\0") && left.endsWith("x");
            tornAtByte |= left.length() % 512 != 0;
            tornAtSector |= left.length() % 512 == 0 && left.contains("x") && left.length() < 2048;
        }
        assertThat(tornAtByte).isTrue();
        assertThat(tornAtSector).isTrue();
        assertThat(hole).isTrue();
    }

    @Test
    void theSameSeedLosesTheSame() throws IOException {
        String[] left = new String[2];
        for (int run = 0; run < 2; run++) {
            Path directory = Files.createDirectory(root.resolve("run-" + run));
            FaultyDisk seeded = new FaultyDisk();
            StringBuilder all = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                seeded.create(directory.resolve("file-" + i)).write(bytes("x".repeat(700)), 0);
            }
            seeded.crash(PowerLoss.random(7));
            for (Path file : seeded.list(directory)) {
                all.append(file.getFileName()).append(Files.readString(file));
            }
            left[run] = all.toString();
        }
        assertThat(left[0]).isEqualTo(left[1]);
    }

    @Test
    void aForceThatFailedIsNotMadeGoodByTheNextOne() throws IOException {
        DiskFile file = createDurably("old");
        file.write(bytes("new"), 0);
        disk.failForces(1, FaultyDisk.AfterFailedForce.PAGES_STAY, path::equals);
        assertThatThrownBy(file::force).hasMessageContaining("Input/output error");
        assertThat(path).hasContent("new");
        file.force();
        disk.crash(PowerLoss.ofAllUnforced());
        assertThat(path).hasContent("old");
    }

    @Test
    void someFileSystemsShowTheOldBytesAfterAFailedForce() throws IOException {
        DiskFile file = createDurably("old");
        file.write(bytes("newer"), 0);
        disk.failForces(1, FaultyDisk.AfterFailedForce.PAGES_REVERT, path::equals);
        assertThatThrownBy(file::force).isInstanceOf(IOException.class);
        assertThat(path).hasContent("old");
    }

    @Test
    void aFullDiskTakesAPartAndRoomComesBackByDeleting() throws IOException {
        DiskFile file = createDurably("old");
        disk.limitRoom(2);
        assertThatThrownBy(() -> file.write(bytes("1234"), 3)).hasMessageContaining("No space left");
        assertThat(path).hasContent("old12");
        assertThat(disk.usableBytes(root)).isZero();
        file.truncate(3);
        assertThat(disk.usableBytes(root)).isEqualTo(2);
        file.write(bytes("34"), 1);
        assertThat(path).hasContent("o34");
        disk.delete(path);
        assertThat(disk.usableBytes(root)).isEqualTo(5);
    }

    @Test
    void readErrorsAndReadOnlyAreTold() throws IOException {
        DiskFile file = createDurably("old");
        disk.failReads(path::equals);
        assertThatThrownBy(() -> file.read(ByteBuffer.allocate(3), 0)).hasMessageContaining("Input/output error");
        disk.heal();
        disk.makeReadOnly();
        assertThat(file.read(ByteBuffer.allocate(3), 0)).isEqualTo(3);
        assertThatThrownBy(() -> file.write(bytes("x"), 0)).hasMessageContaining("Read-only");
        assertThatThrownBy(() -> disk.delete(path)).hasMessageContaining("Read-only");
    }

    @Test
    void aSlowForceCoversOnlyWhatWasWrittenBeforeIt() throws IOException {
        DiskFile file = createDurably("a");
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        disk.beforeForce(forced -> {
            begun.countDown();
            await(goOn);
        });
        file.write(bytes("b"), 1);
        CompletableFuture<Void> force = CompletableFuture.runAsync(() -> force(file));
        await(begun);
        file.write(bytes("c"), 2);
        assertThat(force).isNotDone();
        goOn.countDown();
        force.join();
        disk.crash(PowerLoss.ofAllUnforced());
        assertThat(path).hasContent("ab");
    }

    @Test
    void thePowerGoesAwayBeforeTheChosenChange() throws IOException {
        DiskFile file = createDurably("a");
        disk.powerOffAfter(2);
        file.write(bytes("b"), 1);
        file.force();
        assertThatThrownBy(() -> file.write(bytes("c"), 2)).isInstanceOf(FaultyDisk.PowerIsOffException.class);
        assertThatThrownBy(() -> disk.open(path)).isInstanceOf(FaultyDisk.PowerIsOffException.class);
        disk.crash(PowerLoss.ofAllUnforced());
        try (DiskFile again = disk.open(path)) {
            assertThat(again.sizeBytes()).isEqualTo(2);
        }
    }

    private static void force(DiskFile file) {
        try {
            file.force();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
