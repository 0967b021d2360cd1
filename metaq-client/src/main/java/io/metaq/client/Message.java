// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import io.metaq.protocol.HeaderField;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What is sent and received: a topic, data, and optionally an attribute, a key and headers.
 *
 * <p>Data are never null and are not copied. Key and headers need a broker that speaks our extensions only in so far as
 * they travel inside the attribute; an original broker keeps them too, and a 1.4 consumer gets the exact data.
 *
 * <p>Id, offset and partition are set by the producer after it was acknowledged, and by the consumer before delivery. Not
 * thread-safe: a message must not be changed while it is being sent.
 */
public final class Message {
    /** The id and the offset of a message that no broker has acknowledged. */
    public static final long NONE = -1;

    private final String topic;
    private byte[] data;
    private String attribute;
    private final String key;
    private final Map<String, String> headers;
    private long id = NONE;
    private long offset = NONE;
    private Partition partition;
    private boolean readOnly;
    private boolean rollbackOnly;

    public Message(String topic, byte[] data) {
        this(topic, data, null);
    }

    public Message(String topic, byte[] data, String attribute) {
        this(topic, data, attribute, null, Map.of());
    }

    private Message(String topic, byte[] data, String attribute, String key, Map<String, String> headers) {
        this.topic = HeaderField.require("topic", topic);
        this.data = Objects.requireNonNull(data, "a message needs data; write new byte[0] for none");
        this.attribute = attribute;
        this.key = key;
        this.headers = headers;
    }

    public static Builder builder(String topic) {
        return new Builder(topic);
    }

    public String getTopic() {
        return topic;
    }

    public byte[] getData() {
        return data;
    }

    public void setData(byte[] data) {
        requireWritable();
        this.data = Objects.requireNonNull(data, "data");
    }

    /** Null when there is none; the empty string is an attribute. */
    public String getAttribute() {
        return attribute;
    }

    public void setAttribute(String attribute) {
        requireWritable();
        this.attribute = attribute;
    }

    public boolean hasAttribute() {
        return attribute != null;
    }

    /** Null when there is none. Messages of one key go to one partition unless a selector or a partition says otherwise. */
    public String getKey() {
        return key;
    }

    /** In the order of sending; never null, can't be changed. */
    public Map<String, String> getHeaders() {
        return headers;
    }

    /** The broker's id of this message, unique in the cluster; {@link #NONE} before it is acknowledged. */
    public long getId() {
        return id;
    }

    /** Where it lies in its partition; {@link #NONE} before it is acknowledged. */
    public long getOffset() {
        return offset;
    }

    /** Where it was stored or, before that, where it is to go: null lets the selector choose. */
    public Partition getPartition() {
        return partition;
    }

    public boolean isReadOnly() {
        return readOnly;
    }

    public void setReadOnly(boolean readOnly) {
        this.readOnly = readOnly;
    }

    public boolean isRollbackOnly() {
        return rollbackOnly;
    }

    /** In a listener: this message was not consumed and is to be delivered again. */
    public void setRollbackOnly() {
        this.rollbackOnly = true;
    }

    /** For producers and consumers: where the message is stored, and under which id. */
    public Message storedAt(Partition storedIn, long storedId, long storedOffset) {
        this.partition = storedIn;
        this.id = storedId;
        this.offset = storedOffset;
        return this;
    }

    private void requireWritable() {
        if (readOnly) {
            throw new IllegalStateException("message " + id + " of topic " + topic + " is read only");
        }
    }

    @Override
    public String toString() {
        return "Message[topic=" + topic + ", partition=" + partition + ", id=" + id + ", offset=" + offset + ", bytes="
                + data.length + "]";
    }

    /** Puts a message together. */
    public static final class Builder {
        private final String topic;
        private byte[] data = new byte[0];
        private String attribute;
        private String key;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private Partition partition;

        private Builder(String topic) {
            this.topic = topic;
        }

        public Builder data(byte[] data) {
            this.data = data;
            return this;
        }

        public Builder attribute(String attribute) {
            this.attribute = attribute;
            return this;
        }

        public Builder key(String key) {
            this.key = key;
            return this;
        }

        public Builder header(String name, String value) {
            headers.put(Objects.requireNonNull(name, "header name"), Objects.requireNonNull(value, "header value"));
            return this;
        }

        public Builder headers(Map<String, String> more) {
            more.forEach(this::header);
            return this;
        }

        /** Sends to just this partition, whatever the selector would say. */
        public Builder partition(Partition partition) {
            this.partition = partition;
            return this;
        }

        public Message build() {
            Map<String, String> frozen =
                    headers.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(headers));
            Message message = new Message(topic, data, attribute, key, frozen);
            message.partition = partition;
            return message;
        }
    }
}
