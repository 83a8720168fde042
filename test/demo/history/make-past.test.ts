import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { InsightsMaker } from "../../../src/app/insights.ts";
import { UseStore } from "../../../src/app/use-store.ts";
import { Uses } from "../../../src/app/uses.ts";
import type { Connection } from "../../../src/connection.ts";
import { makePast } from "../../../src/demo/history/make-past.ts";
import { lastDays } from "../../../src/domain/insights/window.ts";
import { Ledger } from "../../../src/ledger/ledger.ts";
import { linesIn } from "../../../src/ledger/lines.ts";
import { mirrorPath } from "../../../src/ledger/mirror.ts";
import { verify } from "../../../src/ledger/verify.ts";
import { silent } from "../../../src/log.ts";
import { connectRedis } from "../../../src/redis/connect.ts";
import { plainDirectory } from "../../app/plain-directory.ts";
import { startTestRedis, type TestRedis } from "../../support/redis.ts";

const NOW = Date.UTC(2026, 10, 26, 11);
const DAY = 86_400_000;

describe("the demo's past", () => {
  let server: TestRedis;
  let redis: Connection;
  let ledger: Ledger;
  let dataDir: string;

  before(async () => {
    server = await startTestRedis();
    dataDir = await mkdtemp(join(tmpdir(), "bg-past-"));
    await makePast({ redisUrl: server.url, dataDir, env: {}, now: NOW, log: silent, say: () => undefined });
    redis = connectRedis(server.url, { role: "commands", log: silent });
    ledger = new Ledger(redis, () => "");
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("is a ledger that verifies, as long as its mirror and three months old", async () => {
    const { head, broken, silences } = await verify(linesIn(createReadStream(mirrorPath(dataDir))));
    assert.equal(broken, undefined);
    assert.deepEqual(silences, [], "an hour without an entry has its heartbeat");
    assert.deepEqual(head, await ledger.head());
    const [line = ""] = await ledger.range(1, 1);
    const { at } = JSON.parse(line) as { at: string };
    assert.ok(Date.parse(at) < NOW - 90 * DAY && Date.parse(at) > NOW - 100 * DAY, at);
  });

  it("has something of everything that insights tell of", async () => {
    const uses = new Uses(ledger, new UseStore(redis), () => Promise.resolve());
    const shared = { ledger, uses, policy: () => undefined, directory: plainDirectory(), now: () => NOW };
    const found = await new InsightsMaker(shared).of(lastDays(NOW, 90, "UTC"));
    assert.ok(found.requests >= 100 && found.requests <= 200, `${found.requests} requests`);
    assert.ok(
      Object.values(found.ways).every((count) => count > 3),
      JSON.stringify(found.ways),
    );
    assert.ok(found.outcomes.denied > 0 && found.outcomes.lapsed > 0 && found.neverUsed > 0);
    assert.ok(found.roles.length >= 5 && found.people.length >= 2 && found.followUps.open > 0);
    assert.ok(found.lateMs.some((ms) => ms > 60_000));
    const kinds = new Set(found.proposals.map(({ kind }) => kind));
    for (const kind of ["automatic", "one-approver", "emergencies", "routine", "late"] as const)
      assert.ok(kinds.has(kind), kind);
  });

  it("leaves a review that waits for each of two, nothing to be told, nothing that is overdue, and no budget used up today", async () => {
    assert.deepEqual(await ledger.untold(1), []);
    assert.deepEqual(await ledger.due(-Infinity, NOW, 1), []);
    const loaded = await Promise.all((await ledger.open()).map(async (id) => (await ledger.load(id))?.state));
    const waiting = loaded.flatMap((state) => (state?.review?.submitted === undefined ? [state] : []));
    assert.deepEqual(new Set(waiting.map((state) => state?.requester)), new Set(["alice", "bob"]));
    for (const state of waiting) assert.ok((state?.review?.dueAt ?? 0) > NOW + DAY, `${state?.id} is due today`);
    for (const person of ["alice", "bob"]) assert.deepEqual((await ledger.ofPerson(person, NOW - DAY)).states, []);
  });
});
