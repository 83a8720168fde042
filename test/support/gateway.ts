import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { SecureContext } from "node:tls";
import pg from "pg";
import { createThroughGateway } from "../../src/app/through-gateway.ts";
import type { Connection } from "../../src/connection.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { Admission } from "../../src/gateway/admission.ts";
import { followEnds } from "../../src/gateway/follow-ends.ts";
import { Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent, type Log } from "../../src/log.ts";
import { postgresKind } from "../../src/providers/postgres/kind.ts";
import type { Credential } from "../../src/providers/provider.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { GatewayCredentials } from "../../src/vault/gateway-credentials.ts";
import { LIFE } from "../../bench/life.ts";
import { ordersServer, type OrdersServer } from "../providers/postgres/server.ts";
import { MemoryRecorder } from "./memory-recorder.ts";
import { policyWith } from "./scene.ts";
import { startTestRedis, type TestRedis } from "./redis.ts";
import { vaultOf } from "./vault.ts";
import { vouch } from "./vouch.ts";

const HOUR_MS = 3_600_000;

/** A grant that is on, and its requester's way in. */
export interface OpenGrant {
  readonly id: string;
  readonly credential: Credential;
  /** The target's own password for its principal. */
  readonly targetPassword: string;
  readonly recorder: MemoryRecorder;
}

/** The session gateway before a real Postgres, on a real ledger; grants are recorded as if a worker had given them. */
export interface GatewayScene {
  readonly gateway: Gateway;
  readonly port: number;
  readonly server: OrdersServer;
  readonly redisServer: TestRedis;
  readonly redis: Connection;
  readonly ledger: Ledger;
  /** Gives access to a new request. */
  grant(options?: { readonly forMs?: number; readonly connectionLimit?: number }): Promise<OpenGrant>;
  /** Connects as a grant's requester would. */
  connect(grant: OpenGrant, options?: pg.ClientConfig): Promise<pg.Client>;
  /** Records that a request's access begins to end, and ends nothing at the target. */
  startEnd(grant: OpenGrant): Promise<void>;
  /** Bytes, from here on. */
  raw(): Promise<Socket>;
  stop(): Promise<void>;
}

export async function openGateway(
  options: {
    readonly tls?: SecureContext;
    readonly binding?: Buffer | undefined;
    /** Of the target's URL. */
    readonly targetQuery?: string;
    readonly loginMs?: number;
    /** The number of the first request, where several share a server. */
    readonly firstRequest?: number;
    /** Where it is heard that access ends, if not on the ledger's own Redis. */
    readonly followUrl?: string;
    /** In place of recorders in memory. */
    readonly recorderOf?: GatewayOptions["recorderOf"];
    readonly log?: Log;
    readonly server?: OrdersServer;
  } = {},
): Promise<GatewayScene> {
  const { log = silent } = options;
  const server = options.server ?? (await ordersServer());
  const redisServer = await startTestRedis();
  const redis = connectRedis(redisServer.url, { role: "commands", log: silent });
  await vouch(redis);
  const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
  const credentials = new GatewayCredentials(redis, vaultOf(Buffer.alloc(32, 7)), randomBytes);
  const recorders = new Map<string, MemoryRecorder>();
  const now = Date.now;
  const clock = () => performance.now();
  const gateway = new Gateway({
    admission: new Admission({ ledger, credentials, now, mockKey: randomBytes(32), binding: options.binding, log }),
    recorderOf:
      options.recorderOf ??
      (({ id }) => {
        const recorder = recorders.get(id);
        if (recorder === undefined) throw new Error(`nobody was granted ${id}`);
        if (recorder.closed !== undefined) throw recorder.closed;
        return recorder;
      }),
    tls: options.tls,
    ...{ now, clock, log },
    ...(options.loginMs !== undefined && { loginMs: options.loginMs }),
  });
  const port = await gateway.listen("127.0.0.1", 0);
  const blocking = connectRedis(options.followUrl ?? redisServer.url, { role: "blocking", log: silent });
  const stopFollowing = followEnds({ redis: blocking, ledger, sessions: gateway.sessions, clock, log });
  const policy = policyWith("{ approvers: [leads] }");
  const target = policy.targets["orders-db"];
  if (target !== undefined) target.gateway = { mask: [] };
  const throughGateway = createThroughGateway({
    ...{ credentials, random: randomBytes },
    policy: () => policy,
    address: () => ({ host: "127.0.0.1", port }),
  });
  const provider = postgresKind.open(
    postgresKind.parseConnection({ url: `${server.url}${options.targetQuery ?? ""}` }),
  );

  const record = async (id: string, events: readonly NewEvent[]) => {
    for (const event of events)
      await ledger.record({ id, state: (await ledger.load(id))?.state, events: [event], at: Date.now() });
  };
  let requests = options.firstRequest ?? 0;
  return {
    ...{ gateway, port, server, redisServer, redis, ledger },
    grant: async ({ forMs = HOUR_MS, connectionLimit = 5 } = {}) => {
      const id = `BG-${String((requests += 1)).padStart(6, "0")}`;
      const deadline = Date.now() + forMs;
      const role = postgresKind.parseRole({ memberOf: ["orders_writer"], connectionLimit });
      const given = await provider.grant({ request: id, person: "alice", role, deadline }, AbortSignal.timeout(20_000));
      const { credential, handle } = await throughGateway(given, { id, target: "orders-db" }, deadline);
      const [opened, approved] = LIFE;
      if (opened === undefined || approved === undefined || credential === undefined) throw new Error("no life");
      await record(id, [
        opened,
        approved,
        { type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline } },
        { type: "GrantSucceeded", actor: CLOCK, data: { attempt: 1, deadline, handle, credential: true } },
      ]);
      const recorder = new MemoryRecorder();
      recorders.set(id, recorder);
      return { id, credential, recorder, targetPassword: given.credential?.password.reveal() ?? "" };
    },
    connect: async ({ credential }, config = {}) => {
      const client = new pg.Client({
        ...{ host: "127.0.0.1", port, database: "postgres", user: credential.user },
        password: credential.password.reveal(),
        ...config,
      });
      client.on("error", () => undefined);
      await client.connect();
      return client;
    },
    startEnd: async ({ id }) => {
      await record(id, [{ type: "RevokeStarted", actor: CLOCK, data: { cause: "ended", endAt: Date.now() } }]);
    },
    raw: async () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      await new Promise((resolve) => socket.once("connect", resolve));
      return socket;
    },
    stop: async () => {
      await gateway.stop();
      await stopFollowing();
      await provider.close();
      redis.disconnect();
      await redisServer.stop();
      if (options.server === undefined) await server.stop();
    },
  };
}
