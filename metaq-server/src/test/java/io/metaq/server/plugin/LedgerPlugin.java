// Licensed under the Apache License, Version 2.0. See the LICENSE file at the root of the project.
package io.metaq.server.plugin;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.metaq.protocol.Request;
import io.metaq.protocol.StatusCode;
import io.metaq.record.PayloadChecksum;
import io.metaq.record.RecordLayout;
import io.metaq.server.commit.Append;
import io.metaq.server.commit.AppendFailure;
import io.metaq.server.commit.Durability;
import io.metaq.server.commit.FlushPolicy;
import io.metaq.server.commit.LogHandle;
import io.metaq.server.config.Setting;
import io.metaq.server.log.LogConfig;
import io.metaq.server.network.Exchange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes the key of each transaction command to a log of its own; and notes in which order it is called. */
public final class LedgerPlugin implements BrokerPlugin {
    final List<String> calls = new ArrayList<>();
    private BrokerContext context;
    private LogHandle log;
    private volatile String problem;

    @Override
    public String name() {
        return "ledger";
    }

    @Override
    public List<Setting> settings() {
        return List.of(new Setting("maxEntries", new Setting.Whole(1, 100, "entries"), "10", "Entries at most."));
    }

    @Override
    public void open(BrokerContext opened) throws IOException {
        calls.add("open");
        context = opened;
        log = opened.logs().open("__ledger", null, new LogConfig(1 << 20, 4096), FlushPolicy.SYNC);
        opened.serve(Request.Transaction.class, this::note);
        opened.servePutsInTransactions((put, exchange) -> {
            put.payload().release();
            exchange.result(StatusCode.OK, "kept for " + put.transactionKey());
        });
        opened.serveOperator("ledger-size", arguments -> JsonNodeFactory.instance
                .objectNode()
                .put("bytes", log.visibleEnd())
                .put("limit", opened.settings().number("maxEntries")));
        opened.healthCheck("ledger", () -> Optional.ofNullable(problem));
    }

    @Override
    public void start() {
        calls.add("start with " + log.visibleEnd() + " bytes");
    }

    @Override
    public void close() {
        calls.add("close");
    }

    BrokerContext context() {
        return context;
    }

    void complain(String what) {
        problem = what;
    }

    private void note(Request.Transaction request, Exchange exchange) {
        byte[] payload = request.key().getBytes(StandardCharsets.UTF_8);
        ByteBuffer record = ByteBuffer.allocate(RecordLayout.recordBytes(payload.length));
        RecordLayout.putHeader(record, payload.length, PayloadChecksum.of(payload), 0, 0);
        ByteBuf bytes = Unpooled.wrappedBuffer(record.put(payload).flip());
        Append append = new Append(log, bytes, 1, null, new Append.Listener() {
            @Override
            public void onAppended(long firstMessageId, long firstOffset, long nextOffset, Durability durability) {
                exchange.result(StatusCode.OK, firstOffset + " " + durability);
            }

            @Override
            public void onFailed(AppendFailure failure) {
                exchange.result(StatusCode.FAILED, failure.message());
            }
        });
        if (!context.logs().writer().offer(append)) {
            bytes.release();
            exchange.result(StatusCode.BUSY, "busy");
        }
    }
}
