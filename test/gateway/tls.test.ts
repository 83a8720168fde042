import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect as connectTls, createSecureContext } from "node:tls";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { certificate } from "../support/certificate.ts";
import { openGateway, type GatewayScene } from "../support/gateway.ts";
import { ordersServer, type OrdersServer } from "../providers/postgres/server.ts";
import { channelBinding } from "../../src/gateway/channel-binding.ts";
import { readVerifier, ScramServer } from "../../src/gateway/scram.ts";
import { scramVerifier } from "../../src/providers/postgres/scram-verifier.ts";
import { reachTarget, TargetRefused } from "../../src/gateway/reach-target.ts";
import { Secret } from "../../src/secret.ts";
import { int32, packet, SSL_REQUEST } from "../../src/gateway/wire.ts";

const without =
  spawnSync("openssl", ["version"]).status === 0 ? false : "there is no openssl to make certificates with";

/** A client's last word, bound to a certificate's hash. */
function boundFinal(password: string, first: string, challenge: string, hash: Buffer): string {
  const [nonce = "", salt = "", rounds = ""] = challenge.split(",").map((part) => part.slice(2));
  const header = Buffer.concat([Buffer.from("p=tls-server-end-point,,"), hash]).toString("base64");
  const without = `c=${header},r=${nonce}`;
  const mac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const clientKey = mac(pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(rounds), 32, "sha256"), "Client Key");
  const signature = mac(createHash("sha256").update(clientKey).digest(), `${first},${challenge},${without}`);
  return `${without},p=${Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))).toString("base64")}`;
}

describe("the session gateway over TLS, on both sides", { skip: without }, () => {
  let files: ReturnType<typeof certificate>;
  let server: OrdersServer;
  let scene: GatewayScene;
  before(async () => {
    files = certificate();
    server = await ordersServer();
    const [cert, key] = [files.certFile, files.keyFile].map((path) => readFileSync(path, "utf8"));
    // Written by the server itself, so that the key is its own, as it wants it.
    for (const [name, text = ""] of [["server.crt", cert] as const, ["server.key", key] as const])
      await server.admin.query(
        `COPY (SELECT unnest(string_to_array('${text.trim()}', E'\n'))) TO PROGRAM 'umask 077; cat > ${name}'`,
      );
    await server.admin.query("ALTER SYSTEM SET ssl = on");
    await server.admin.query("SELECT pg_reload_conf()");
    scene = await openGateway({
      tls: createSecureContext({ cert, key }),
      binding: channelBinding(cert ?? ""),
      server,
      targetQuery: `?sslmode=verify-full&sslrootcert=${files.certFile}`,
    });
  });
  after(async () => {
    await scene.stop();
    await server.stop();
    await rm(files.dir, { recursive: true, force: true });
  });

  it("is how a client gets in, and how the target is reached", async () => {
    const grant = await scene.grant();
    const ca = readFileSync(files.certFile, "utf8");
    const client = await scene.connect(grant, { host: "localhost", ssl: { ca } });
    const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    assert.deepEqual(rows, [{ ssl: true }]);
    await client.query("SELECT repeat('x', 3000000)");
    await client.end();
    assert.equal(grant.recorder.all.length, 2);
  });

  it("binds a login to the gateway's certificate where the client can, and notices who stands in between", async () => {
    const grant = await scene.grant();
    const ca = readFileSync(files.certFile, "utf8");
    const client = await scene.connect(grant, { host: "localhost", ssl: { ca }, enableChannelBinding: true });
    assert.equal((await client.query("SELECT 1")).rowCount, 1);
    await client.end();

    const verifier = readVerifier(scramVerifier("secret", Buffer.alloc(16, 1)));
    const binding = Buffer.alloc(32, 2);
    const first = "n=,r=abc";
    const server = () => new ScramServer(verifier, "xyz", binding);
    assert.deepEqual(server().mechanisms, ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]);
    assert.match(server().challenge("SCRAM-SHA-256", `n,,${first}`), /^r=abcxyz,/);
    assert.throws(() => server().challenge("SCRAM-SHA-256", `y,,${first}`), /Somebody between you/);
    assert.match(new ScramServer(verifier, "xyz").challenge("SCRAM-SHA-256", `y,,${first}`), /^r=abcxyz,/);
    for (const [mechanism, header] of [
      ["SCRAM-SHA-256", "p=tls-server-end-point,,"],
      ["SCRAM-SHA-256-PLUS", "n,,"],
      ["SCRAM-SHA-256-PLUS", "p=tls-unique,,"],
      ["MD5", "n,,"],
    ] as const)
      assert.throws(() => server().challenge(mechanism, header + first), /can't read/);
    const unbound = new ScramServer(verifier, "xyz");
    assert.throws(() => unbound.challenge("SCRAM-SHA-256-PLUS", `p=tls-server-end-point,,${first}`), /can't read/);
    // With another certificate's hash, the right password is a wrong one.
    const session = server();
    const challenge = session.challenge("SCRAM-SHA-256-PLUS", `p=tls-server-end-point,,${first}`);
    const final = (hash: Buffer) => boundFinal("secret", first, challenge, hash);
    assert.equal(session.judge(final(Buffer.alloc(32, 3))), undefined);
    assert.match(session.judge(final(binding)) ?? "", /^v=/);
  });

  const psql = spawnSync("psql", ["--version"]).status === 0;
  it("is bound by psql, which may insist on it", { skip: !psql && "there is no psql" }, async () => {
    const grant = await scene.grant();
    const { user, password } = grant.credential;
    const binding = "sslmode=require channel_binding=require";
    const where = `host=localhost port=${scene.port} dbname=postgres user=${user} ${binding}`;
    const env = { ...process.env, PGPASSWORD: password.reveal() };
    const { stdout } = await promisify(execFile)("psql", ["-X", "-A", "-t", "-c", "SELECT 'in'", where], { env });
    assert.equal(stdout.trim(), "in");
  });

  it("is asked of everybody who may", async () => {
    const grant = await scene.grant();
    await assert.rejects(scene.connect(grant, { ssl: false }), /only encrypted connections/);
    assert.deepEqual(grant.recorder.all, []);
  });

  it("may be spoken at once, by whoever says for what", async () => {
    const grant = await scene.grant();
    const ca = readFileSync(files.certFile, "utf8");
    const client = await scene.connect(grant, { host: "localhost", ssl: { ca }, sslnegotiation: "direct" } as object);
    assert.equal((await client.query("SELECT 1")).rowCount, 1);
    await client.end();
    const nameless = connectTls({ port: scene.port, host: "localhost", ca });
    nameless.on("error", () => undefined);
    const answered = new Promise<string>((resolve) => {
      nameless.on("data", (bytes: Buffer) => {
        resolve(bytes.toString("utf8"));
      });
    });
    assert.match(await answered, /TLS without the name of its protocol/);
  });

  it("takes nothing that came before it for something that came by it (CVE-2021-23214)", async () => {
    const socket = await scene.raw();
    const answered: Buffer[] = [];
    socket.on("data", (bytes) => answered.push(bytes));
    socket.write(Buffer.concat([packet(int32(SSL_REQUEST)), Buffer.from("anything")]));
    await new Promise((resolve) => socket.once("close", resolve));
    assert.match(Buffer.concat(answered).toString("utf8"), /before its encryption/);
    assert.doesNotMatch(Buffer.concat(answered).toString("latin1"), /^S/);
  });

  it("does not reach a target whose certificate is another's", async () => {
    const other = certificate();
    const at = { host: "127.0.0.1", port: server.port, database: "postgres", connections: 1 };
    const password = new Secret("never sent");
    const reach = async (sslrootcert: string) => {
      const reached = { ...at, sslmode: "verify-full", sslrootcert } as const;
      const credential = { user: "bg_000000", password, verifier: "", server: reached };
      await reachTarget(credential, new Map(), AbortSignal.timeout(5_000));
    };
    await assert.rejects(reach(other.certFile), /can't be reached: self.signed certificate/);
    await assert.rejects(reach(files.certFile), TargetRefused);
    await rm(other.dir, { recursive: true, force: true });
  });
});
