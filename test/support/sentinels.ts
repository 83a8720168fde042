import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { groupLines, startRedisNode, type RedisNode } from "./redis-node.ts";
import { until } from "./until.ts";

const DOWN_AFTER_MS = 1_200;
const address = z.tuple([z.string(), z.coerce.number()]);

/** A master, a replica of it, and three Sentinels that put the replica in its place when it is gone. */
export interface Sentinels {
  readonly url: string;
  readonly sentinels: readonly RedisNode[];
  /** Who is master now, as the Sentinels say. */
  master(): Promise<RedisNode>;
  /** Who isn't. */
  replica(): Promise<RedisNode>;
  /** From now on the replica hears no more of what the master acknowledges. */
  cutReplica(): Promise<void>;
  /** Kills the master, and waits until another is in its place. */
  failOver(): Promise<void>;
  /** Starts the one that was killed again, as the replica of who is master now, and waits until it has everything. */
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSentinels(): Promise<Sentinels> {
  const dir = await mkdtemp(join(tmpdir(), "bg-sentinel-"));
  const password = randomBytes(16).toString("hex");
  const lines = groupLines(password);
  const first = await startRedisNode({ dir, password, lines });
  const second = await startRedisNode({ dir, password, lines: [...lines, `replicaof 127.0.0.1 ${first.port}`] });
  const nodes = [first, second];
  const sentinels = await Promise.all(
    [1, 2, 3].map(() =>
      startRedisNode({
        dir,
        password,
        isSentinel: true,
        lines: [
          `sentinel monitor mymaster 127.0.0.1 ${first.port} 2`,
          `sentinel auth-pass mymaster ${password}`,
          `sentinel down-after-milliseconds mymaster ${DOWN_AFTER_MS}`,
          "sentinel failover-timeout mymaster 4000",
          `sentinel sentinel-pass ${password}`,
        ],
      }),
    ),
  );
  const masterPort = async (): Promise<number> => {
    const [sentinel] = sentinels;
    const found = await sentinel?.ask((redis) => redis.call("SENTINEL", "get-master-addr-by-name", "mymaster"));
    return address.parse(found)[1];
  };
  const pick = async (isWanted: (port: number, master: number) => boolean): Promise<RedisNode> => {
    const master = await masterPort();
    const found = nodes.find(({ port }) => isWanted(port, master));
    return found ?? Promise.reject(new Error(`nobody listens on ${master}`));
  };
  const master = () => pick((port, current) => port === current);
  const replica = () => pick((port, current) => port !== current);
  const inSync = async () => {
    await until(
      async () => ((await (await master()).ask((redis) => redis.wait(1, 500))) >= 1 ? true : undefined),
      "the replica",
    );
  };
  await inSync();
  await until(async () => {
    const known = await Promise.all(
      sentinels.map((each) => each.ask((redis) => redis.call("SENTINEL", "master", "mymaster"))),
    );
    const fields = known.map((one) => z.array(z.string()).parse(one));
    const of = (one: string[], name: string) => Number(one[one.indexOf(name) + 1]);
    return fields.every((one) => of(one, "num-slaves") === 1 && of(one, "num-other-sentinels") === 2)
      ? true
      : undefined;
  }, "the Sentinels to know each other");
  return {
    url: `redis+sentinel://:${password}@${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/mymaster?sentinel_password=${password}`,
    sentinels,
    master,
    replica,
    cutReplica: async () => {
      await (await replica()).ask((redis) => redis.config("SET", "masterauth", "nobody-knows"));
      await (await master()).ask((redis) => redis.call("CLIENT", "KILL", "TYPE", "replica"));
    },
    failOver: async () => {
      const gone = await master();
      await gone.kill();
      await until(async () => ((await masterPort()) === gone.port ? undefined : true), "another master");
    },
    comeBack: async () => {
      const current = await master();
      await current.ask((redis) => redis.config("SET", "masterauth", password));
      await (await replica()).restart(`replicaof 127.0.0.1 ${current.port}`);
      await inSync();
    },
    stop: async () => {
      await Promise.all([...sentinels, ...nodes].map((each) => each.kill()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}
