import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { quietPort } from "../../src/redis/quiet-port.ts";
import { requireRedis } from "../../src/redis/require-redis.ts";
import { groupLines, startRedisNode, type RedisNode } from "../support/redis-node.ts";
import { sourceArguments } from "../support/source-arguments.ts";
import { until } from "../support/until.ts";

const run = promisify(execFile);
const PASSWORD = "behind-tls";
const CHILD = join(import.meta.dirname, "tls-child.ts");

/** A CA of the test's own, and a certificate by it for this machine's address. */
async function makeCertificates(dir: string): Promise<void> {
  const openssl = (...args: string[]) => run("openssl", args, { cwd: dir });
  const fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  await openssl("req", "-x509", ...fresh, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=test CA");
  await openssl("req", ...fresh, "-keyout", "redis.key", "-out", "redis.csr", "-subj", "/CN=redis");
  await writeFile(join(dir, "extensions"), "subjectAltName=IP:127.0.0.1\n");
  const by = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extensions"];
  await openssl("x509", "-req", "-in", "redis.csr", ...by, "-days", "2", "-out", "redis.crt");
}

const without =
  spawnSync("openssl", ["version"]).status === 0 ? false : "there is no openssl to make certificates with";

describe("Redis over TLS", { skip: without }, () => {
  let dir: string;
  const nodes: RedisNode[] = [];
  const urls = { single: "", sentinel: "", cluster: "" };

  const startNode = async (lines: readonly string[], isSentinel = false) => {
    const tlsPort = await quietPort();
    const files = ["cert-file redis.crt", "key-file redis.key", "ca-cert-file ca.crt"].map((each) => {
      const [what = "", name = ""] = each.split(" ");
      return `tls-${what} ${join(dir, name)}`;
    });
    const tls = [`tls-port ${tlsPort}`, ...files, "tls-auth-clients no", "tls-replication yes"];
    const node = await startRedisNode({ dir, password: PASSWORD, isSentinel, lines: [...tls, ...lines] });
    nodes.push(node);
    return { node, tlsPort };
  };

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-tls-"));
    await makeCertificates(dir);
    const master = await startNode(groupLines(PASSWORD));
    await startNode([...groupLines(PASSWORD), `replicaof 127.0.0.1 ${master.tlsPort}`]);
    const watched = [
      `sentinel monitor mymaster 127.0.0.1 ${master.tlsPort} 1`,
      `sentinel auth-pass mymaster ${PASSWORD}`,
      `sentinel sentinel-pass ${PASSWORD}`,
    ];
    const sentinel = await startNode(watched, true);
    const own = [
      "cluster-enabled yes",
      `cluster-port ${await quietPort()}`,
      "tls-cluster yes",
      "cluster-announce-ip 127.0.0.1",
    ];
    const member = await startNode([...groupLines(PASSWORD), ...own]);
    await member.node.ask((redis) => redis.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383"));
    const at = (port: number) => `:${PASSWORD}@127.0.0.1:${port}`;
    urls.single = `rediss://${at(master.tlsPort)}`;
    urls.sentinel = `rediss+sentinel://${at(sentinel.tlsPort)}/mymaster?sentinel_password=${PASSWORD}`;
    urls.cluster = `rediss+cluster://${at(member.tlsPort)}`;
    await until(async () => {
      const [replicas, info] = await Promise.all([
        master.node.ask((redis) => redis.wait(1, 200)),
        member.node.ask((redis) => redis.cluster("INFO")),
      ]);
      return replicas >= 1 && info.includes("cluster_state:ok") ? true : undefined;
    }, "the replica, and the Cluster");
  });
  after(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    await rm(dir, { recursive: true, force: true });
  });

  it("is used in all three kinds by whom NODE_EXTRA_CA_CERTS tells whom to trust, with the replica", async () => {
    const args = [...sourceArguments(CHILD), ...Object.values(urls)];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(dir, "ca.crt") };
    const { stdout } = await run(process.execPath, args, { env, timeout: 60_000 });
    const [single = "", sentinel = "", cluster = ""] = stdout.trim().split("\n");
    assert.match(single, /^kept \| fine .*, reached/);
    assert.match(sentinel, /^kept \| fine .*reached by Sentinel at [^;]*; 1 replica/);
    assert.doesNotMatch(sentinel, /could not be asked/);
    assert.match(cluster, /^kept \| fine .*reached by Cluster at /);
  });

  it("is refused in words without", async () => {
    for (const url of Object.values(urls))
      await assert.rejects(requireRedis(url, 5_000), {
        code: "REDIS_UNREACHABLE",
        message: /its certificate is not trusted/,
      });
  });
});
