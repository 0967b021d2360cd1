// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.boot;

import io.metaq.server.config.Setting;
import io.metaq.server.plugin.BrokerPlugin;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** The plug-ins whose jars are on the class path, fresh for one broker. */
public final class InstalledPlugins {
    private InstalledPlugins() {}

    public static List<BrokerPlugin> load() {
        List<BrokerPlugin> found = new ArrayList<>();
        ServiceLoader.load(BrokerPlugin.class).forEach(found::add);
        return found;
    }

    /** The ini sections that they take, and the keys in each. */
    public static Map<String, List<Setting>> sections(List<BrokerPlugin> plugins) {
        Map<String, List<Setting>> sections = new LinkedHashMap<>();
        plugins.forEach(plugin -> sections.put(plugin.name(), plugin.settings()));
        return sections;
    }
}
