import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import express from "express";
import { healthRoutes } from "../../src/web/health.ts";
import { gauge } from "../../src/web/exposition.ts";
import { metricsRoute, processRegistry } from "../../src/web/metrics.ts";

describe("what watches the program", () => {
  const web = express();
  let looks = 0;
  const look = async () => {
    looks += 1;
    await setTimeout(50);
    return undefined;
  };
  const entries = async () => {
    await look();
    return [gauge("breakglass_ledger_entries", "Entries", 7)];
  };
  healthRoutes(web, { ledger: look });
  const away = () => Promise.reject(new Error("away"));
  metricsRoute(web, { registry: processRegistry(), sources: { entries, away } });
  const server = web.listen(0, "127.0.0.1");
  before(async () => {
    if (!server.listening) await once(server, "listening");
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  for (const path of ["/readyz", "/metrics"])
    it(`is told what one look saw, however many ask at once: ${path}`, async () => {
      looks = 0;
      const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
      const statuses = await Promise.all(Array.from({ length: 150 }, async () => (await fetch(at)).status));
      assert.deepEqual(new Set(statuses), new Set([200]));
      assert.ok(looks >= 1 && looks < 75, `${looks} looks`);
      const before = looks;
      assert.equal((await fetch(at)).status, 200);
      assert.equal(looks, before + 1);
    });

  it("is told of what is there, and which source is away", async () => {
    const text = await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`)).text();
    assert.match(text, /^breakglass_ledger_entries 7$/m);
    assert.match(text, /^breakglass_source_readable\{source="entries"\} 1$/m);
    assert.match(text, /^breakglass_source_readable\{source="away"\} 0$/m);
  });
});
