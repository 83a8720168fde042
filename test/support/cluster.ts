import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { HASH_TAG } from "../../src/connection.ts";
import { quietPort } from "../../src/redis/quiet-port.ts";
import { groupLines, startRedisNode, type RedisNode } from "./redis-node.ts";
import { until } from "./until.ts";

const SLOTS = 16_384;
const PAGE = 1_000;
/** Nobody fails over because this machine is busy … */
const PATIENT_MS = 15_000;
/** … but where a test wants it. */
const IMPATIENT_MS = 1_200;

/** A Redis Cluster of three masters, and a replica of the one that has our slot. */
export interface RedisCluster {
  readonly url: string;
  readonly nodes: readonly RedisNode[];
  /** Who has our slot now. */
  owner(): Promise<RedisNode>;
  /** The fourth, which is to take its place. */
  readonly replica: RedisNode;
  /** Kills who has our slot, and waits until the replica has it. */
  failOver(): Promise<void>;
  /** Moves our slot, with everything in it, to another master while both serve. */
  moveSlot(): Promise<void>;
  stop(): Promise<void>;
}

export async function startCluster(): Promise<RedisCluster> {
  const dir = await mkdtemp(join(tmpdir(), "bg-cluster-"));
  const password = randomBytes(16).toString("hex");
  const members = await Promise.all(
    [0, 1, 2, 3].map(async (index) => {
      const bus = await quietPort();
      const own = ["cluster-enabled yes", `cluster-port ${bus}`, `cluster-node-timeout ${PATIENT_MS}`];
      const node = await startRedisNode({ dir, password, lines: [...groupLines(password), ...own] });
      const id = await node.ask((redis) => redis.cluster("MYID"));
      return { node, bus, id, index };
    }),
  );
  const nodes = members.map(({ node }) => node);
  const [first, second, third, fourth] = members;
  if (!first || !second || !third || !fourth) throw new Error("four were started");
  const masters = [first, second, third];
  await Promise.all(
    masters.map(async ({ node, index }) => {
      const [from, to] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / masters.length));
      await node.ask(async (redis) => {
        await redis.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
        await redis.call("CLUSTER", "ADDSLOTSRANGE", String(from), String((to ?? 0) - 1));
      });
    }),
  );
  for (const { node, bus } of [second, third, fourth])
    await first.node.ask((redis) => redis.call("CLUSTER", "MEET", "127.0.0.1", String(node.port), String(bus)));
  await until(async () => {
    const known = await Promise.all(nodes.map((node) => node.ask((redis) => redis.cluster("INFO"))));
    return known.every((text) => text.includes("cluster_state:ok") && text.includes("cluster_known_nodes:4"))
      ? true
      : undefined;
  }, "the Cluster");

  const slot = await first.node.ask((redis) => redis.cluster("KEYSLOT", HASH_TAG));
  const ranges = z.array(
    z.tuple([z.number(), z.number(), z.tuple([z.string(), z.number()]).rest(z.unknown())]).rest(z.unknown()),
  );
  /** As one that is alive sees it. */
  const ownerPort = async (asked: RedisNode): Promise<number> => {
    const found = ranges.parse(await asked.ask((redis) => redis.cluster("SLOTS")));
    return found.find(([from, to]) => from <= slot && slot <= to)?.[2][1] ?? 0;
  };
  const owner = async (): Promise<RedisNode> => {
    const port = await ownerPort(fourth.node);
    return nodes.find((node) => node.port === port) ?? Promise.reject(new Error("our slot has no owner"));
  };
  const seenBy = async (port: number, who: readonly RedisNode[]) => {
    await until(
      async () => ((await Promise.all(who.map(ownerPort))).every((each) => each === port) ? true : undefined),
      `all to know that ${port} has our slot`,
    );
  };
  const memberOf = (node: RedisNode) => members.find((member) => member.node === node) ?? first;
  const begun = await owner();
  await fourth.node.ask((redis) => redis.cluster("REPLICATE", memberOf(begun).id));
  await until(
    async () => ((await begun.ask((redis) => redis.wait(1, 500))) >= 1 ? true : undefined),
    "the replica of our slot",
  );
  await until(async () => {
    const seen = await Promise.all(nodes.map((node) => node.ask((redis) => redis.cluster("SLOTS"))));
    return seen.every((each) => JSON.stringify(each).includes(`,${fourth.node.port},`)) ? true : undefined;
  }, "all to know the replica");
  return {
    url: `redis+cluster://:${password}@${masters.map(({ node }) => `127.0.0.1:${node.port}`).join(",")}`,
    nodes,
    owner,
    replica: fourth.node,
    failOver: async () => {
      const gone = await owner();
      const left = nodes.filter((node) => node !== gone);
      const wait = async (ms: number) => {
        await Promise.all(left.map((node) => node.ask((redis) => redis.config("SET", "cluster-node-timeout", ms))));
      };
      await wait(IMPATIENT_MS);
      await gone.kill();
      await seenBy(fourth.node.port, left);
      await wait(PATIENT_MS);
    },
    moveSlot: async () => {
      const from = memberOf(await owner());
      const to = masters.find((member) => member !== from && member.node !== begun) ?? third;
      const number = String(slot);
      await to.node.ask((redis) => redis.call("CLUSTER", "SETSLOT", number, "IMPORTING", from.id));
      await from.node.ask(async (redis) => {
        await redis.call("CLUSTER", "SETSLOT", number, "MIGRATING", to.id);
        for (;;) {
          const keys = await redis.cluster("GETKEYSINSLOT", slot, PAGE);
          if (keys.length === 0) break;
          const where = ["127.0.0.1", String(to.node.port), "", "0", "5000", "AUTH", password, "KEYS"];
          await redis.call("MIGRATE", ...where, ...keys.map(String));
        }
      });
      for (const { node } of [to, from])
        await node.ask((redis) => redis.call("CLUSTER", "SETSLOT", number, "NODE", to.id));
      await seenBy(to.node.port, [to.node, from.node]);
    },
    stop: async () => {
      await Promise.all(nodes.map((each) => each.kill()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}
