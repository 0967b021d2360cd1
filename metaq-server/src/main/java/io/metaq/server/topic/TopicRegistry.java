// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.record.MessageIds;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.commit.LogStore;
import io.metaq.server.log.Disk;
import io.metaq.server.log.SegmentedLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker's topics: those of the ini file, those found on disk, and those made at run time, which the {@code __meta} log
 * keeps.
 *
 * <p>Which settings hold: what was set at run time wins over the ini file, key by key; a topic that was deleted at run time
 * stays deleted until it is made again, also when the ini file declares it.
 *
 * <p>Threads: {@link #find} and {@link #topics} are for any thread, event loops included; all else may block on the disk and
 * takes one lock, which is held across it, so that changes come one after the other.
 */
public final class TopicRegistry {
    private static final Logger LOG = LoggerFactory.getLogger(TopicRegistry.class);
    private static final int PRODUCER_BLOCK = 1000;
    private static final String PARTITION_COUNT = "numPartitions";

    /** Told after each change, on the thread that made it. */
    public interface Listener {
        void onTopicChanged(Topic topic);

        void onTopicDeleted(String topic);
    }

    private final LogStore store;
    private final TopicDefaults defaults;
    private final int brokerId;
    private final int maxPartitions;
    private final ConcurrentMap<String, Topic> topics = new ConcurrentHashMap<>();
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();

    private final Object changeLock = new Object();
    private final Map<String, Map<String, String>> runTimeSettings = new HashMap<>();
    private final Map<String, Set<Integer>> closedPartitions = new HashMap<>();
    private final Set<String> deleted = ConcurrentHashMap.newKeySet();
    private final MetaLog meta;

    private final Object producerLock = new Object();
    private int nextProducer;
    private int reservedProducers;

    /** Reads the {@code __meta} log and opens every topic's logs; blocks on the disk. The store is started afterwards. */
    public TopicRegistry(LogStore store, TopicDefaults defaults, int brokerId, int maxPartitions, Path dataDirectory)
            throws IOException {
        this.store = store;
        this.defaults = defaults;
        this.brokerId = brokerId;
        this.maxPartitions = maxPartitions;
        this.meta = new MetaLog(store);
        meta.readAll().forEach(this::replay);
        nextProducer = reservedProducers;
        Map<String, Integer> onDisk = partitionsOnDisk(store.disk(), dataDirectory);
        removeLeftovers(onDisk, dataDirectory);
        openAll(onDisk);
    }

    private void replay(MetaEntry entry) {
        if (entry instanceof MetaEntry.TopicSet set) {
            runTimeSettings.put(set.topic(), set.settings());
            deleted.remove(set.topic());
        } else if (entry instanceof MetaEntry.TopicDeleted gone) {
            runTimeSettings.remove(gone.topic());
            closedPartitions.remove(gone.topic());
            deleted.add(gone.topic());
        } else if (entry instanceof MetaEntry.PartitionsClosed closed) {
            closedPartitions.put(closed.topic(), closed.partitions());
        } else if (entry instanceof MetaEntry.ProducersReserved reserved) {
            reservedProducers = reserved.upTo();
        }
    }

    /**
     * How many partitions of which topic have a directory with segments: also those an original broker left. Something else
     * that only has such a name, {@code backup-2024}, is left alone.
     */
    private static Map<String, Integer> partitionsOnDisk(Disk disk, Path dataDirectory) throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        for (Path directory : disk.list(dataDirectory)) {
            String name = directory.getFileName().toString();
            int dash = name.lastIndexOf('-');
            boolean isPartition = dash > 0
                    && name.substring(dash + 1).matches("\\d{1,6}")
                    && TopicName.isValid(name.substring(0, dash))
                    && disk.isDirectory(directory)
                    && SegmentedLog.isIn(directory, disk);
            if (isPartition) {
                found.merge(name.substring(0, dash), Integer.parseInt(name.substring(dash + 1)) + 1, Math::max);
            }
        }
        return found;
    }

    /** A crash may have come between noting a deletion and carrying it out. */
    private void removeLeftovers(Map<String, Integer> onDisk, Path dataDirectory) throws IOException {
        for (String topic : deleted) {
            int count = onDisk.getOrDefault(topic, 0);
            for (int index = 0; index < count; index++) {
                store.deleteUnopened(dataDirectory.resolve(Partition.logName(topic, index)));
            }
            onDisk.remove(topic);
        }
    }

    private void openAll(Map<String, Integer> onDisk) throws IOException {
        Set<String> names = new TreeSet<>(defaults.declaredTopics());
        names.addAll(onDisk.keySet());
        names.addAll(runTimeSettings.keySet());
        names.removeAll(deleted);
        for (String name : names) {
            TopicSettings settings;
            try {
                settings = defaults.with(name, runTimeSettings.getOrDefault(name, Map.of()));
            } catch (TopicException e) {
                throw new IOException("topic " + name + " in " + MetaLog.NAME + ": " + e.getMessage(), e);
            }
            int count = Math.max(settings.partitionCount(), onDisk.getOrDefault(name, 0));
            topics.put(name, open(name, settings.withPartitionCount(count)));
        }
        LOG.info("Opened topics count={} partitions={}", topics.size(), partitionCount());
    }

    private Topic open(String name, TopicSettings settings) throws IOException {
        Set<Integer> closed = closedPartitions.getOrDefault(name, Set.of());
        List<Partition> partitions = new ArrayList<>();
        for (int index = 0; index < settings.partitionCount(); index++) {
            String logName = Partition.logName(name, index);
            // Open already: the topic was altered, or an earlier attempt to make it failed half way.
            Optional<LogHandle> open = store.find(logName);
            LogHandle log = open.isPresent()
                    ? open.get()
                    : store.open(logName, settings.dataDirectory(), settings.logConfig(), settings.flushPolicy());
            partitions.add(new Partition(name, index, log, closed.contains(index)));
        }
        return new Topic(name, settings, partitions);
    }

    public Optional<Topic> find(String topic) {
        return Optional.ofNullable(topics.get(topic));
    }

    /** In no particular order. */
    public Collection<Topic> topics() {
        return List.copyOf(topics.values());
    }

    public int partitionCount() {
        return topics.values().stream().mapToInt(t -> t.partitions().size()).sum();
    }

    /**
     * Whether a put to an unknown topic may make it: a wildcard section of the ini file matches, and nobody has deleted the
     * topic, which a producer that still runs must not undo.
     */
    public boolean mayCreateOnPut(String topic) {
        return !topics.containsKey(topic)
                && !deleted.contains(topic)
                && defaults.find(topic).isPresent();
    }

    /** The topic, made with the ini file's settings if it was not there yet. */
    public Topic createOnPut(String topic) throws IOException, TopicException {
        synchronized (changeLock) {
            Topic known = topics.get(topic);
            return known != null ? known : create(topic, Map.of());
        }
    }

    /**
     * Makes a topic; durable and visible on return.
     *
     * @param changes settings as in a topic's section of the ini file; what is absent is inherited
     */
    public Topic create(String topic, Map<String, String> changes) throws IOException, TopicException {
        synchronized (changeLock) {
            TopicName.requireValid(topic);
            if (topics.containsKey(topic)) {
                throw new TopicException(TopicException.Reason.EXISTS, "topic " + topic + " exists already");
            }
            TopicSettings settings = defaults.with(topic, changes);
            if (deleted.contains(topic)) {
                removeUnfinished(topic);
            }
            return set(topic, changes, settings);
        }
    }

    /** An earlier deletion may have failed half way; nothing of it may come back in a new topic of the same name. */
    private void removeUnfinished(String topic) throws IOException {
        for (LogHandle log : store.logs()) {
            String name = log.log().name();
            int dash = name.lastIndexOf('-');
            if (dash > 0 && name.substring(0, dash).equals(topic)) {
                store.delete(name);
            }
        }
    }

    /** Changes settings; partitions can be added, not taken away. Durable and visible on return. */
    public Topic alter(String topic, Map<String, String> changes) throws IOException, TopicException {
        synchronized (changeLock) {
            Topic known = require(topic);
            Map<String, String> all = new TreeMap<>(runTimeSettings.getOrDefault(topic, Map.of()));
            all.put(PARTITION_COUNT, Integer.toString(known.partitions().size()));
            all.putAll(changes);
            TopicSettings settings = defaults.with(topic, all);
            if (settings.partitionCount() < known.partitions().size()) {
                throw new TopicException(
                        TopicException.Reason.INVALID,
                        "topic " + topic + " has " + known.partitions().size()
                                + " partitions; they can be added, not taken away");
            }
            if (settings.recordFormat() != known.settings().recordFormat()) {
                throw new TopicException(
                        TopicException.Reason.INVALID, "the record format of topic " + topic + " is fixed");
            }
            return set(topic, all, settings);
        }
    }

    private Topic set(String topic, Map<String, String> changes, TopicSettings settings)
            throws IOException, TopicException {
        Topic known = topics.get(topic);
        int added = settings.partitionCount()
                - (known == null ? 0 : known.partitions().size());
        if (partitionCount() + added > maxPartitions) {
            throw new TopicException(
                    TopicException.Reason.INVALID,
                    "the broker would have more than " + maxPartitions + " partitions (maxPartitions)");
        }
        meta.append(new MetaEntry.TopicSet(topic, changes));
        runTimeSettings.put(topic, changes);
        deleted.remove(topic);
        return publish(open(topic, settings));
    }

    private Topic publish(Topic topic) {
        topic.partitions().forEach(p -> p.log().setFlushPolicy(topic.settings().flushPolicy()));
        topics.put(topic.name(), topic);
        listeners.forEach(listener -> listener.onTopicChanged(topic));
        return topic;
    }

    /** Deletes the topic and everything in it; durable on return. */
    public void delete(String topic) throws IOException, TopicException {
        synchronized (changeLock) {
            Topic known = require(topic);
            meta.append(new MetaEntry.TopicDeleted(topic));
            topics.remove(topic);
            runTimeSettings.remove(topic);
            closedPartitions.remove(topic);
            deleted.add(topic);
            listeners.forEach(listener -> listener.onTopicDeleted(topic));
            for (Partition partition : known.partitions()) {
                store.delete(partition.log().log().name());
            }
        }
    }

    /** Closes or opens partitions {@code first} to {@code last}; durable on return. */
    public Topic setClosed(String topic, int first, int last, boolean closed) throws IOException, TopicException {
        synchronized (changeLock) {
            Topic known = require(topic);
            if (known.partition(first) == null || known.partition(last) == null || first > last) {
                throw new TopicException(
                        TopicException.Reason.INVALID,
                        "topic " + topic + " has partitions 0 to "
                                + (known.partitions().size() - 1) + ", not " + first + " to " + last);
            }
            Set<Integer> now = new TreeSet<>(closedPartitions.getOrDefault(topic, Set.of()));
            List<Integer> range = IntStream.rangeClosed(first, last).boxed().toList();
            if (closed) {
                now.addAll(range);
            } else {
                range.forEach(now::remove);
            }
            meta.append(new MetaEntry.PartitionsClosed(topic, now));
            closedPartitions.put(topic, now);
            return publish(open(topic, known.settings()));
        }
    }

    private Topic require(String topic) throws TopicException {
        Topic known = topics.get(topic);
        if (known == null) {
            throw new TopicException(TopicException.Reason.UNKNOWN, "there is no topic " + topic);
        }
        return known;
    }

    /** A producer id that nobody has had; its number was reserved durably before. Blocks once every thousand calls. */
    public long newProducerId() throws IOException {
        synchronized (producerLock) {
            if (nextProducer == reservedProducers) {
                int from = reservedProducers > MessageIds.MAX_PRODUCER_NUMBER - PRODUCER_BLOCK ? 0 : reservedProducers;
                meta.append(new MetaEntry.ProducersReserved(from + PRODUCER_BLOCK));
                nextProducer = from;
                reservedProducers = from + PRODUCER_BLOCK;
            }
            return MessageIds.producerId(brokerId, nextProducer++);
        }
    }

    public void addListener(Listener listener) {
        listeners.add(listener);
    }
}
