// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system as the log needs it. One real implementation; tests own a faulty one that loses, tears and refuses.
 *
 * <p>Threads: safe for all. Errors: {@link java.nio.file.NoSuchFileException} and friends as {@code java.nio.file.Files}.
 * Durability: creating, moving or deleting a file is durable only after {@link #forceDirectory} of its directory.
 */
public interface Disk {
    /** Opens an existing file for reading and writing. */
    DiskFile open(Path file) throws IOException;

    /** Creates and opens a file that must not exist. */
    DiskFile create(Path file) throws IOException;

    /** The directory's entries, sorted by name; empty when the directory does not exist. */
    List<Path> list(Path directory) throws IOException;

    boolean exists(Path path);

    boolean isDirectory(Path path);

    long sizeBytes(Path file) throws IOException;

    long lastModifiedMs(Path file) throws IOException;

    void createDirectories(Path directory) throws IOException;

    /** Makes the directory's entries durable. */
    void forceDirectory(Path directory) throws IOException;

    /** Renames within one file system, replacing the target; atomic. */
    void move(Path from, Path to) throws IOException;

    void delete(Path file) throws IOException;

    /** Room left for this process on the file system of {@code directory}. */
    long usableBytes(Path directory) throws IOException;
}
