// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client.consumer;

import io.netty.buffer.ByteBuf;

/**
 * What a broker says to a read of one partition.
 *
 * @param movedTo with 301: where to go on
 * @param data with 200, and owned by whoever takes the answer; otherwise null
 * @param text of an error
 * @param waited the broker held the question, so the next may follow at once
 */
record ReadAnswer(int code, long movedTo, ByteBuf data, String text, boolean waited) {
    void release() {
        if (data != null) {
            data.release();
        }
    }
}
