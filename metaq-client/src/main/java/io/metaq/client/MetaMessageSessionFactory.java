// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.client;

import io.metaq.client.consumer.GroupConsumer;
import io.metaq.client.consumer.PullingBrowser;
import io.metaq.client.consumer.ZkOffsetStorage;
import io.metaq.client.discovery.BrokerDirectory;
import io.metaq.client.discovery.DirectDirectory;
import io.metaq.client.discovery.ZkDirectory;
import io.metaq.client.discovery.ZkPaths;
import io.metaq.client.net.BrokerLinks;
import io.metaq.client.net.BrokerUrl;
import io.metaq.client.net.RequestForm;
import io.metaq.client.producer.BatchingProducer;
import io.metaq.protocol.HeaderField;
import io.metaq.protocol.Reply;
import io.metaq.protocol.Request;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The factory: one ZooKeeper session and one connection to each broker for everything it makes. */
public class MetaMessageSessionFactory implements MessageSessionFactory {
    private static final Logger log = LoggerFactory.getLogger(MetaMessageSessionFactory.class);
    private static final String BROWSER_GROUP = "Just_for_Browser";
    private static final int BROWSER_BYTES = 1 << 20;

    private final long requestTimeoutMs;
    private final BrokerLinks links;
    private final CuratorFramework zookeeper;
    private final ZkPaths paths;
    private final long rebalancePauseMs;
    private final BrokerDirectory directory;
    private final List<AutoCloseable> made = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /** Blocks until ZooKeeper was asked for the brokers once; in direct mode nothing is asked yet. */
    public MetaMessageSessionFactory(MetaClientConfig config) throws MetaClientException {
        ZkConfig zkConfig = config.getZkConfig();
        if (zkConfig == null && config.getServerUrl() == null) {
            throw new MetaClientException(
                    "the configuration names neither ZooKeeper (zkConfig) nor a broker (serverUrl)");
        }
        if (config.getServerUrl() != null) {
            BrokerUrl.parse(config.getServerUrl());
        }
        requestTimeoutMs = config.getRequestTimeout().toMillis();
        links = new BrokerLinks(config.getConnectTimeout());
        if (config.getServerUrl() != null) {
            zookeeper = null;
            paths = null;
            rebalancePauseMs = 0;
            directory = new DirectDirectory(links.apply(config.getServerUrl()));
        } else {
            zookeeper = connect(zkConfig);
            paths = new ZkPaths(zkConfig.zkRoot());
            rebalancePauseMs = Math.min(1_000, zkConfig.zkSyncTime().toMillis());
            directory = new ZkDirectory(zookeeper, paths);
        }
    }

    private CuratorFramework connect(ZkConfig config) throws MetaClientException {
        CuratorFramework client = CuratorFrameworkFactory.builder()
                .connectString(config.zkConnect())
                .sessionTimeoutMs(Math.toIntExact(config.zkSessionTimeout().toMillis()))
                .connectionTimeoutMs(
                        Math.toIntExact(config.zkConnectionTimeout().toMillis()))
                .retryPolicy(new ExponentialBackoffRetry(100, 5))
                .build();
        client.start();
        boolean connected = false;
        try {
            long mostMs = config.zkConnectionTimeout().toMillis();
            connected = client.blockUntilConnected(Math.toIntExact(mostMs), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (!connected) {
            client.close();
            links.close();
            throw new MetaClientException("no ZooKeeper at " + config.zkConnect() + " within "
                    + config.zkConnectionTimeout().toMillis() + " ms");
        }
        return client;
    }

    @Override
    public MessageProducer createProducer() {
        return createProducer(ProducerConfig.defaults());
    }

    @Override
    public MessageProducer createProducer(PartitionSelector selector) {
        return createProducer(ProducerConfig.defaults(), selector);
    }

    @Override
    public MessageProducer createProducer(ProducerConfig config) {
        return createProducer(config, new KeyHashPartitionSelector());
    }

    @Override
    public MessageProducer createProducer(ProducerConfig config, PartitionSelector selector) {
        requireOpen();
        return keep(new BatchingProducer(config, selector, directory, links, links.loop(), made::remove));
    }

    @Override
    public MessageConsumer createConsumer(ConsumerConfig config) {
        return createConsumer(config, zookeeper == null ? null : new ZkOffsetStorage(zookeeper, paths));
    }

    @Override
    public MessageConsumer createConsumer(ConsumerConfig config, OffsetStorage offsetStorage) {
        requireOpen();
        return keep(new GroupConsumer(
                config,
                offsetStorage,
                new GroupConsumer.Surroundings(directory, links, zookeeper, paths, rebalancePauseMs, made::remove)));
    }

    /** Notes what is to be closed with the factory, until it is closed by itself. */
    private synchronized <T extends AutoCloseable> T keep(T product) {
        made.add(product);
        return product;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the session factory is closed");
        }
    }

    @Override
    public TopicBrowser createTopicBrowser(String topic) {
        return createTopicBrowser(topic, BROWSER_BYTES, requestTimeoutMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public TopicBrowser createTopicBrowser(String topic, int maxSize, long timeout, TimeUnit unit) {
        return new PullingBrowser(
                topic,
                getPartitionsForTopic(topic),
                createConsumer(new ConsumerConfig(BROWSER_GROUP), null),
                partition -> firstOffset(topic, partition),
                maxSize,
                unit.toMillis(timeout));
    }

    /** The start of the log; 0 when the broker has nothing of it. */
    private long firstOffset(String topic, Partition partition) throws MetaClientException, InterruptedException {
        String url = directory
                .findReadableUrl(partition.getBrokerId())
                .orElseThrow(() -> new MetaClientException("no address is known for the broker of " + partition));
        Reply.Result result =
                ask(url, opaque -> new Request.Offset(topic, BROWSER_GROUP, partition.getPartition(), 0, opaque));
        return result.isOk() ? Long.parseLong(result.body().strip()) : 0;
    }

    private Reply.Result ask(String url, RequestForm form) throws MetaClientException, InterruptedException {
        try {
            return (Reply.Result) links.apply(url).ask(form, requestTimeoutMs).get();
        } catch (ExecutionException e) {
            throw new MetaClientException(
                    "could not ask " + url + ": " + e.getCause().getMessage(), e.getCause());
        }
    }

    @Override
    public Map<InetSocketAddress, StatsResult> getStats(String item) throws InterruptedException {
        Map<InetSocketAddress, StatsResult> all = new LinkedHashMap<>();
        for (String url : directory.urls()) {
            InetSocketAddress address = BrokerUrl.parse(url).address();
            try {
                all.put(address, stats(url, item));
            } catch (MetaClientException e) {
                log.warn("A broker gave no figures broker={} cause={}", url, e.toString());
            }
        }
        return all;
    }

    @Override
    public StatsResult getStats(InetSocketAddress target, String item)
            throws MetaClientException, InterruptedException {
        String host = target.getHostString();
        return stats("meta://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + target.getPort(), item);
    }

    private StatsResult stats(String url, String item) throws MetaClientException, InterruptedException {
        String what = item == null || item.isEmpty() ? "" : HeaderField.require("item", item);
        Reply.Result result = ask(url, opaque -> new Request.Stats(what, opaque));
        if (!result.isOk()) {
            throw new MetaClientException(
                    url + " refused stats '" + what + "': " + result.code() + " " + result.body());
        }
        return StatsResult.parse(result.body());
    }

    @Override
    public List<Partition> getPartitionsForTopic(String topic) {
        requireOpen();
        HeaderField.require("topic", topic);
        return directory.readable(topic).partitions();
    }

    @Override
    public synchronized void shutdown() throws MetaClientException {
        if (closed) {
            return;
        }
        closed = true;
        MetaClientException failure = null;
        for (AutoCloseable each : made) {
            try {
                each.close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new MetaClientException("could not close everything in order", e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        directory.close();
        if (zookeeper != null) {
            zookeeper.close();
        }
        links.close();
        if (failure != null) {
            throw failure;
        }
    }
}
