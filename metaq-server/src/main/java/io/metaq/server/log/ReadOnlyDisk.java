// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.log;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.List;

/** The real file system for those who only look: every change is refused with {@link ReadOnlyFileSystemException}. */
public final class ReadOnlyDisk implements Disk {
    private final NioDisk disk = new NioDisk();

    /** For reading; writing throws {@link java.nio.channels.NonWritableChannelException}. */
    @Override
    public DiskFile open(Path file) throws IOException {
        return NioDisk.openForReading(file);
    }

    @Override
    public DiskFile create(Path file) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        return disk.list(directory);
    }

    @Override
    public boolean exists(Path path) {
        return disk.exists(path);
    }

    @Override
    public boolean isDirectory(Path path) {
        return disk.isDirectory(path);
    }

    @Override
    public long sizeBytes(Path file) throws IOException {
        return disk.sizeBytes(file);
    }

    @Override
    public long lastModifiedMs(Path file) throws IOException {
        return disk.lastModifiedMs(file);
    }

    @Override
    public void createDirectories(Path directory) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public void forceDirectory(Path directory) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public void move(Path from, Path to) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public void delete(Path file) {
        throw new ReadOnlyFileSystemException();
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        return disk.usableBytes(directory);
    }
}
