// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.topic;

import io.metaq.record.MessageIds;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.commit.LogStore;
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
 * stays deleted until it is made again, also when the ini file declares it. A topic never has fewer partitions than are on
 * disk, whatever the file says.
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
    private final Path dataDirectory;
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
        this.dataDirectory = dataDirectory;
        this.meta = new MetaLog(store);
        meta.readAll().forEach(this::replay);
        nextProducer = reservedProducers;
        // A crash may have come between noting a deletion and carrying it out.
        deleteRemains(deleted);
        openAll(partitionCountsOnDisk());
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

    /** A directory that by its name and place is a partition's. */
    private record PartitionDirectory(PartitionName name, Path path) {}

    /**
     * The directories that may be partitions': also those an original broker left. A topic's directory is left alone where the
     * ini file does not say that its logs lie there.
     */
    private List<PartitionDirectory> partitionDirectories() throws IOException {
        List<PartitionDirectory> found = new ArrayList<>();
        Set<Path> places = new TreeSet<>(defaults.otherDataDirectories());
        places.add(dataDirectory);
        for (Path place : places) {
            if (!store.disk().exists(place)) {
                continue;
            }
            for (Path directory : store.disk().list(place)) {
                Optional<PartitionName> name =
                        PartitionName.parse(directory.getFileName().toString());
                if (name.isPresent()
                        && store.disk().isDirectory(directory)
                        && isPlaceOf(name.get().topic(), place)) {
                    found.add(new PartitionDirectory(name.get(), directory));
                }
            }
        }
        return found;
    }

    private boolean isPlaceOf(String topic, Path place) throws IOException {
        Path own = settings(topic, Map.of()).dataDirectory();
        boolean belongs = place.equals(own == null ? dataDirectory : own);
        if (!belongs) {
            LOG.warn("Left a topic's directory alone, its logs lie elsewhere topic={} place={}", topic, place);
        }
        return belongs;
    }

    private TopicSettings settings(String topic, Map<String, String> changes) throws IOException {
        try {
            return defaults.with(topic, changes);
        } catch (TopicException e) {
            throw new IOException("topic " + topic + " in " + MetaLog.NAME + ": " + e.getMessage(), e);
        }
    }

    /** Something else that only has such a name, {@code backup-2024}, is left alone. */
    private Map<String, Integer> partitionCountsOnDisk() throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        for (PartitionDirectory directory : partitionDirectories()) {
            if (SegmentedLog.isIn(directory.path, store.disk())) {
                counts.merge(directory.name.topic(), directory.name.index() + 1, Math::max);
            }
        }
        return counts;
    }

    private void deleteRemains(Set<String> ofTopics) throws IOException {
        if (ofTopics.isEmpty()) {
            return;
        }
        for (PartitionDirectory directory : partitionDirectories()) {
            if (ofTopics.contains(directory.name.topic()) && store.isLogOrRemains(directory.path)) {
                store.deleteUnopened(directory.path);
            }
        }
    }

    private void openAll(Map<String, Integer> onDisk) throws IOException {
        Set<String> names = new TreeSet<>(defaults.declaredTopics());
        names.addAll(onDisk.keySet());
        names.addAll(runTimeSettings.keySet());
        names.removeAll(deleted);
        for (String name : names) {
            TopicSettings settings = settings(name, runTimeSettings.getOrDefault(name, Map.of()));
            int count = Math.max(settings.partitionCount(), onDisk.getOrDefault(name, 0));
            topics.put(name, open(name, settings.withPartitionCount(count)));
        }
        LOG.info("Opened topics count={} partitions={}", topics.size(), partitionCount());
    }

    private Topic open(String name, TopicSettings settings) throws IOException {
        Set<Integer> closed = closedPartitions.getOrDefault(name, Set.of());
        List<Partition> partitions = new ArrayList<>();
        for (int index = 0; index < settings.partitionCount(); index++) {
            String logName = new PartitionName(name, index).logName();
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
            if (known != null) {
                return known;
            }
            if (!mayCreateOnPut(topic)) {
                throw unknown(topic);
            }
            return create(topic, Map.of());
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
            if (PartitionName.parse(name)
                    .filter(partition -> partition.topic().equals(topic))
                    .isPresent()) {
                store.delete(name);
            }
        }
        deleteRemains(Set.of(topic));
    }

    /** Changes settings; partitions can be added, not taken away. Durable and visible on return. */
    public Topic alter(String topic, Map<String, String> changes) throws IOException, TopicException {
        synchronized (changeLock) {
            Topic known = require(topic);
            Map<String, String> all = new TreeMap<>(runTimeSettings.getOrDefault(topic, Map.of()));
            all.putAll(changes);
            TopicSettings settings = defaults.with(topic, all);
            int count = known.partitions().size();
            if (changes.containsKey(PARTITION_COUNT) && settings.partitionCount() < count) {
                throw new TopicException(
                        TopicException.Reason.INVALID,
                        "topic " + topic + " has " + count + " partitions; they can be added, not taken away");
            }
            if (settings.recordFormat() != known.settings().recordFormat()) {
                throw new TopicException(
                        TopicException.Reason.INVALID, "the record format of topic " + topic + " is fixed");
            }
            return set(topic, all, settings.withPartitionCount(Math.max(settings.partitionCount(), count)));
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
        topic.partitions().forEach(partition -> {
            partition.log().setFlushPolicy(topic.settings().flushPolicy());
            partition.log().log().reconfigure(topic.settings().logConfig());
        });
        topics.put(topic.name(), topic);
        listeners.forEach(listener -> listener.onTopicChanged(topic));
        return topic;
    }

    /**
     * Deletes the topic and everything in it; durable on return. After an {@link IOException} the topic may be gone while some
     * of its files are still there: they go when it is made again, or at the next start.
     */
    public void delete(String topic) throws IOException, TopicException {
        synchronized (changeLock) {
            Topic known = require(topic);
            meta.append(new MetaEntry.TopicDeleted(topic));
            topics.remove(topic);
            runTimeSettings.remove(topic);
            closedPartitions.remove(topic);
            deleted.add(topic);
            listeners.forEach(listener -> listener.onTopicDeleted(topic));
            deleteLogs(known);
        }
    }

    /** Of all partitions, also behind one that fails. */
    private void deleteLogs(Topic topic) throws IOException {
        IOException failure = null;
        for (Partition partition : topic.partitions()) {
            try {
                store.delete(partition.log().log().name());
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
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
            throw unknown(topic);
        }
        return known;
    }

    private static TopicException unknown(String topic) {
        return new TopicException(TopicException.Reason.UNKNOWN, "there is no topic " + topic);
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
