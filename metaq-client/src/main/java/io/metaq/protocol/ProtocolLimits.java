// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.protocol;

/**
 * What one side lets the other announce; beyond it the connection closes, or a request is refused (see {@link RequestDecoder}).
 *
 * @param maxLineBytes a header line, CRLF not counted
 * @param maxBodyBytes any body
 */
public record ProtocolLimits(int maxLineBytes, int maxBodyBytes) {
    public static final ProtocolLimits DEFAULT = new ProtocolLimits(4096, 16 << 20);
}
