// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.dist.cli;

import java.nio.charset.StandardCharsets;

/** Standard output of commands that may print without end, such as into {@code head}. */
final class Output {
    /** Nobody reads standard output any more; the command ends, as others do by SIGPIPE. */
    static final class ReaderGoneException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private Output() {}

    /** Prints a line and throws {@link ReaderGoneException} when nobody takes it. */
    static void line(String text) {
        line(text.getBytes(StandardCharsets.UTF_8));
    }

    /** As {@link #line(String)}, with bytes that need not be text. */
    static void line(byte[] bytes) {
        byte[] whole = new byte[bytes.length + 1];
        System.arraycopy(bytes, 0, whole, 0, bytes.length);
        whole[bytes.length] = '\n';
        System.out.write(whole, 0, whole.length);
        if (System.out.checkError()) {
            throw new ReaderGoneException();
        }
    }
}
