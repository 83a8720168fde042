import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { CodedError } from "../../src/errors.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { appendContract } from "./append-contract.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { vouch } from "../support/vouch.ts";
import { ask, by, Scene, T0 } from "../support/scene.ts";

const salt = () => randomBytes(16).toString("base64url");

function opening(): NewEvent[] {
  return new Scene().when(ask());
}

describe("appending, on one server", () => {
  let server: TestRedis;
  let redis: Connection;

  before(async () => {
    server = await startTestRedis();
    redis = connectRedis(server.url, { role: "commands", log: silent });
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });

  appendContract("a real Redis", () => server.url);

  it("costs Redis at most 10 kB for a finished request", async () => {
    await redis.flushall();
    await vouch(redis);
    const ledger = new Ledger(redis, salt);
    const used = async () => Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1]);
    const life = async (id: string) => {
      const scene = new Scene();
      scene.when(ask());
      scene.when({ type: "Approve", by: by("carol") });
      scene.granted();
      scene.happens(
        { type: "CredentialRevealed", actor: by("alice"), data: { by: "direct-message" } },
        { type: "ExpiryWarned", actor: { via: "clock" }, data: { leftMs: 1 } },
        { type: "RevokeStarted", actor: { via: "clock" }, data: { cause: "deadline", endAt: T0 } },
        { type: "RevokeSucceeded", actor: { via: "clock" }, data: { lateMs: 1, attempt: 1, done: ["role removed"] } },
      );
      let state: Awaited<ReturnType<Ledger["record"]>>["state"] | undefined;
      for (const event of scene.events) ({ state } = await ledger.record({ id, state, events: [event], at: T0 }));
    };
    await life("BG-000000");
    const before = await used();
    for (let index = 1; index <= 100; index++) await life(`BG-${String(index).padStart(6, "0")}`);
    const each = ((await used()) - before) / 100;
    assert.ok(each > 1_000 && each <= 10_000, `${each} bytes a request`);
  });
});

describe("without Redis", () => {
  it("P5: recording fails, and says that nothing can be granted", async () => {
    const server = await startTestRedis();
    const redis = connectRedis(server.url, { role: "commands", log: silent });
    const ledger = new Ledger(redis, salt);
    await ledger.head();
    await server.kill();
    await assert.rejects(
      ledger.record({ id: "BG-000001", state: undefined, events: opening(), at: T0 }),
      (error) => error instanceof CodedError && error.code === "LEDGER_UNAVAILABLE" && error.next !== "",
    );
    redis.disconnect();
    await server.stop();
  });
});
