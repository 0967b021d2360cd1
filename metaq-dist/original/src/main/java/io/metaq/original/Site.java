// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.client.MetaClientConfig;
import com.taobao.metamorphosis.client.consumer.ConsumerConfig;
import com.taobao.metamorphosis.utils.ZkUtils.ZKConfig;

/** Where a scenario plays: the ZooKeeper, the broker's own address and the topic that is the scenario's alone. */
record Site(String zkConnect, String serverUrl, String topic) {
    /** Configuration of a client that finds its brokers in ZooKeeper. */
    MetaClientConfig clientConfig() {
        MetaClientConfig config = new MetaClientConfig();
        config.setZkConfig(zkConfig());
        return config;
    }

    /** Configuration of a client that talks to the one broker it is told. */
    MetaClientConfig directConfig() {
        MetaClientConfig config = new MetaClientConfig();
        config.setServerUrl(serverUrl);
        return config;
    }

    /** A consumer that asks again at once, so that a scenario takes as long as the broker does. */
    ConsumerConfig consumerConfig(String group) {
        ConsumerConfig config = new ConsumerConfig(group);
        config.setMaxDelayFetchTimeInMills(200);
        config.setCommitOffsetPeriodInMills(200);
        return config;
    }

    private ZKConfig zkConfig() {
        return new ZKConfig("/meta", zkConnect, 10_000, 10_000, 500, true);
    }
}
