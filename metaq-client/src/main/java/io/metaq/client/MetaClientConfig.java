// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import java.time.Duration;

/**
 * Where the brokers are: found through ZooKeeper, or one broker by its address (direct mode).
 *
 * <p>A bean as in MetaQ 1.4, and a builder. Read once, when the factory is made.
 */
public class MetaClientConfig {
    private ZkConfig zkConfig;
    private String serverUrl;
    private Duration requestTimeout = Duration.ofSeconds(10);
    private Duration connectTimeout = Duration.ofSeconds(10);

    public static Builder builder() {
        return new Builder();
    }

    public ZkConfig getZkConfig() {
        return zkConfig;
    }

    public void setZkConfig(ZkConfig zkConfig) {
        this.zkConfig = zkConfig;
    }

    /** ZooKeeper with MetaQ's usual root and times; short for {@link #setZkConfig}. */
    public void setZkConnect(String zkConnect) {
        this.zkConfig = new ZkConfig(zkConnect);
    }

    public String getServerUrl() {
        return serverUrl;
    }

    /** Direct mode: {@code meta://host:port}, no ZooKeeper. */
    public void setServerUrl(String serverUrl) {
        this.serverUrl = serverUrl;
    }

    /** For questions without a time-out of their own. */
    public Duration getRequestTimeout() {
        return requestTimeout;
    }

    public void setRequestTimeout(Duration requestTimeout) {
        this.requestTimeout = requestTimeout;
    }

    public Duration getConnectTimeout() {
        return connectTimeout;
    }

    public void setConnectTimeout(Duration connectTimeout) {
        this.connectTimeout = connectTimeout;
    }

    /** Puts a configuration together. */
    public static final class Builder {
        private final MetaClientConfig config = new MetaClientConfig();

        private Builder() {}

        public Builder zkConfig(ZkConfig zkConfig) {
            config.setZkConfig(zkConfig);
            return this;
        }

        /** ZooKeeper with MetaQ's usual root and times. */
        public Builder zkConnect(String zkConnect) {
            return zkConfig(new ZkConfig(zkConnect));
        }

        public Builder serverUrl(String serverUrl) {
            config.setServerUrl(serverUrl);
            return this;
        }

        public Builder requestTimeout(Duration timeout) {
            config.setRequestTimeout(timeout);
            return this;
        }

        public Builder connectTimeout(Duration timeout) {
            config.setConnectTimeout(timeout);
            return this;
        }

        public MetaClientConfig build() {
            return config;
        }
    }
}
