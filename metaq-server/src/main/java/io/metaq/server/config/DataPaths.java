// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.config;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Where data lie: {@code ~} is the user's home, a relative path is one from the working directory. */
final class DataPaths {
    private DataPaths() {}

    static Path resolve(String written) {
        String home = System.getProperty("user.home");
        String expanded = written.equals("~") || written.startsWith("~/") ? home + written.substring(1) : written;
        return Path.of(expanded).toAbsolutePath().normalize();
    }

    /** Why a written path is none; empty when it is one. */
    static Optional<String> syntaxProblem(String written) {
        if (written.isEmpty()) {
            return Optional.of("is empty");
        }
        try {
            resolve(written);
            return Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.of("is no path: " + e.getReason());
        }
    }

    /** Why it cannot be used; empty when it can: it is there, or its parent is, so that it can be made. */
    static Optional<String> problem(Path path) {
        if (Files.exists(path)) {
            if (!Files.isDirectory(path)) {
                return Optional.of(path + " is not a directory");
            }
            return Files.isWritable(path) ? Optional.empty() : Optional.of(path + " cannot be written");
        }
        Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            return Optional.of("the directory " + parent + " does not exist; create it first");
        }
        return Files.isWritable(parent)
                ? Optional.empty()
                : Optional.of("the directory " + parent + " cannot be written");
    }
}
