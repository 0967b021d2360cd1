// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.original;

import com.taobao.metamorphosis.server.MetamorphosisStartup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * The original broker, started by its own main class. Usage: {@code OriginalBroker SERVER_INI}.
 *
 * <p>Prints {@code started} when it accepts connections. The line {@code reload} on standard input makes it read the
 * topics of its configuration again, which an administrator would do by JMX; it answers {@code reloaded}. It stops on
 * SIGTERM, as the original does.
 */
public final class OriginalBroker {
    private OriginalBroker() {}

    public static void main(String[] args) throws IOException, JMException {
        MetamorphosisStartup.main(new String[] {"-f", args[0]});
        System.out.println("started");
        try (BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                if (line.equals("reload")) {
                    reload();
                    System.out.println("reloaded");
                }
            }
        }
    }

    private static void reload() throws JMException {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        Set<ObjectName> names =
                beans.queryNames(new ObjectName("com.taobao.metamorphosis.server.utils:type=MetaConfig,*"), null);
        for (ObjectName name : names) {
            beans.invoke(name, "reload", new Object[0], new String[0]);
        }
    }
}
