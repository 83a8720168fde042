import { randomBytes } from "node:crypto";
import { Announce } from "../../src/app/announce.ts";
import { createGive } from "../../src/app/give.ts";
import { createRotate } from "../../src/app/rotate.ts";
import { createHandle, type Handle } from "../../src/app/handle.ts";
import { Perform } from "../../src/app/perform.ts";
import { Reconcile } from "../../src/app/reconcile.ts";
import { TakeAway } from "../../src/app/take-away.ts";
import { Targets } from "../../src/app/targets.ts";
import { Teller } from "../../src/app/teller.ts";
import { Told } from "../../src/app/told.ts";
import { Turns } from "../../src/app/turns.ts";
import type { Connection } from "../../src/connection.ts";
import { NO_KEYS } from "../../src/domain/keys.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";
import { asCoded } from "../../src/errors.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { Recovery } from "../../src/ledger/recovery.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { Credentials } from "../../src/vault/credentials.ts";
import { throughGateway } from "../support/without-gateway.ts";
import { plainRecord } from "../support/plain-record.ts";
import type { PlainChat } from "../support/plain-chat.ts";
import { vaultOf } from "../support/vault.ts";
import type { AnyKind } from "../../src/providers/registry.ts";
import { plainDirectory } from "../app/plain-directory.ts";

/** What the processes of a model share. */
export interface Shared {
  readonly url: string;
  readonly policy: Policy;
  readonly now: () => number;
  readonly kind: AnyKind;
  readonly chat: PlainChat;
}

const ALL = 1_000;
const VAULT_KEY = vaultOf(Buffer.alloc(32, 7));
const salt = () => randomBytes(16).toString("base64url");
const soon = () => Promise.resolve();

/** A process that speaks with people. */
export class Bot {
  readonly redis: Connection;
  readonly ledger: Ledger;
  readonly handle: Handle;
  readonly #announce: Announce;

  constructor({ url, policy, now, chat }: Shared) {
    const redis = connectRedis(url, { role: "commands", log: silent });
    const ledger = new Ledger(redis, salt);
    const told = new Told(redis, "slack");
    const credentials = new Credentials(redis, VAULT_KEY, randomBytes);
    const channels = { thread: "C0INCIDENTS", approvals: "C0APPROVALS", security: "C0SECURITY" };
    this.redis = redis;
    this.ledger = ledger;
    this.handle = createHandle({
      ...{ ledger, now, pause: soon, random: Math.random, isAnswering: () => true },
      policy: () => policy,
      directory: plainDirectory(),
      keys: () => Promise.resolve(NO_KEYS),
      credentialWaits: async (id, number) => await credentials.waits(id, number),
      linkTo: () => Promise.reject(new Error("nothing here takes a key")),
      wake: () => undefined,
    });
    this.#announce = new Announce({
      ...{ ledger, told, finds: chat.finds, takesFiles: true, now, log: silent },
      platform: "slack",
      spoken: [{ platform: "slack", reaches: () => true }],
      teller: new Teller({
        ...{ told, messenger: chat, credentials, log: silent },
        incidents: () => "C0INCIDENTS",
        recordOf: plainRecord,
        insightsOf: () => Promise.resolve({ text: ["Insights."] }),
        turn: soon,
      }),
      channels: () => channels,
      token: salt,
    });
  }

  /** Whether its Redis answers. */
  async answers(): Promise<boolean> {
    return await answersOf(this.redis);
  }

  /** A look at all that is untold. */
  async tell(): Promise<void> {
    const untold = await this.ledger.untold(ALL);
    await all(untold.map(async (id) => await this.#announce.tell(id)));
  }
}

/** A process that holds the keys to the target. */
export class Worker {
  readonly mirror: Mirror;
  readonly #redis: Connection;
  readonly #ledger: Ledger;
  readonly #recovery: Recovery;
  readonly #perform: Perform;
  readonly #reconcile: () => Reconcile;
  readonly #now: () => number;

  private constructor(redis: Connection, ledger: Ledger, mirror: Mirror, shared: Shared) {
    const { policy, now, kind } = shared;
    const targets = new Targets(
      () => policy,
      () => kind,
    );
    const parts = {
      ...{ ledger, targets, now, log: silent },
      credentials: new Credentials(redis, VAULT_KEY, randomBytes),
      turns: new Turns(ALL),
    };
    this.mirror = mirror;
    this.#now = now;
    this.#redis = redis;
    this.#ledger = ledger;
    this.#recovery = new Recovery({ redis, ledger, mirror, now, token: salt, pause: soon, log: silent });
    this.#perform = new Perform({
      ...{ ledger, now, log: silent },
      policy: () => policy,
      directory: plainDirectory(),
      give: createGive({ ...parts, mirror, throughGateway, checkOut: () => Promise.resolve() }),
      rotate: createRotate({ ...parts, mirror, throughGateway, checkOut: () => Promise.resolve() }),
      takeAway: new TakeAway(parts),
      tryDrill: () => Promise.resolve(),
      withAccess: () => mirror.withAccess,
      announce: () => undefined,
      mayGrant: () => true,
    });
    const claim = () => Promise.resolve(true);
    this.#reconcile = () => new Reconcile({ ...parts, mirror, claim, pause: soon, announce: () => undefined });
  }

  /** @param mirror - the file that it has for itself */
  static async start(shared: Shared, mirror: string): Promise<Worker> {
    const redis = connectRedis(shared.url, { role: "commands", log: silent });
    const ledger = new Ledger(redis, salt);
    return new Worker(redis, ledger, await Mirror.open(mirror, ledger), shared);
  }

  /** What the sweep does each second. */
  async sweep(): Promise<void> {
    try {
      await this.#recovery.makeWhole();
      const due = await this.#ledger.due(-Infinity, this.#now(), ALL);
      await all(due.map(async (id) => await this.#perform.look(id)));
    } catch (error) {
      if (asCoded(error).code !== "LEDGER_UNAVAILABLE") throw error;
      await this.#perform.revokeBlind();
    }
  }

  /** Holds the target against the ledger, as each minute. */
  async reconcile(): Promise<void> {
    const reconcile = this.#reconcile();
    reconcile.begin();
    await reconcile.stop();
  }

  /** Whether its Redis answers. */
  async answers(): Promise<boolean> {
    return await answersOf(this.#redis);
  }

  /** It is gone from one moment to the next: what it was at goes on at the target alone. */
  async die(): Promise<void> {
    this.#redis.disconnect();
    await this.mirror.close();
  }
}

/** Waits for every one, also where one fails: nothing goes on behind the model's back. */
async function all(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function answersOf(redis: Connection): Promise<boolean> {
  return await redis.ping().then(
    () => true,
    () => false,
  );
}
