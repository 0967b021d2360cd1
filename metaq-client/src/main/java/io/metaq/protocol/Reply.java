// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

import io.netty.buffer.ByteBuf;

/** What a broker answers: a status with a text, or data. Ownership: a {@link Value} owns one reference of its data. */
public sealed interface Reply {
    int opaque();

    /** {@code result code length opaque} and a text in UTF-8. */
    record Result(int code, String body, int opaque) implements Reply {
        public boolean isOk() {
            return code == StatusCode.OK;
        }
    }

    /** {@code value length opaque} and the data. */
    record Value(ByteBuf data, int opaque) implements Reply {}
}
