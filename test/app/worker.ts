import { randomBytes } from "node:crypto";
import type { Connection } from "../../src/connection.ts";
import { createGive } from "../../src/app/give.ts";
import { Perform } from "../../src/app/perform.ts";
import { createRotate } from "../../src/app/rotate.ts";
import { TakeAway } from "../../src/app/take-away.ts";
import { Targets } from "../../src/app/targets.ts";
import { Turns } from "../../src/app/turns.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { Mirror } from "../../src/ledger/mirror.ts";
import { silent } from "../../src/log.ts";
import { Credentials } from "../../src/vault/credentials.ts";
import { throughGateway } from "../support/without-gateway.ts";
import { ask, policyWith, Scene, T0 } from "../support/scene.ts";
import { ScriptedProvider } from "../support/scripted-provider.ts";
import { vaultOf } from "../support/vault.ts";

const POLICY = policyWith("automatic");
const DIRECTORY = {
  standing: () => Promise.resolve({ kind: "member" } as const),
  groupMembers: () => Promise.resolve([]),
};

/** A worker with a real Redis and mirror, a scripted target, and a clock that the test sets. */
export class Worker {
  now = T0;
  mayGrant = true;
  /** What chat was to be told of, in order. */
  readonly announced: string[] = [];
  readonly target: ScriptedProvider;
  readonly ledger: Ledger;
  readonly perform: Perform;

  constructor(redis: Connection, mirror: Mirror, ledger: Ledger, target = new ScriptedProvider()) {
    this.ledger = ledger;
    this.target = target;
    const targets = new Targets(
      () => POLICY,
      () => this.target.kind,
    );
    const now = () => this.now;
    const credentials = new Credentials(redis, vaultOf(Buffer.alloc(32, 7)), randomBytes);
    const shared = { ledger, targets, credentials, turns: new Turns(8), now, log: silent };
    this.perform = new Perform({
      ledger,
      policy: () => POLICY,
      directory: DIRECTORY,
      give: createGive({ ...shared, mirror, throughGateway, checkOut: () => Promise.resolve() }),
      rotate: createRotate({ ...shared, mirror, throughGateway, checkOut: () => Promise.resolve() }),
      takeAway: new TakeAway(shared),
      tryDrill: () => Promise.resolve(),
      withAccess: () => mirror.withAccess,
      now,
      announce: (id) => this.announced.push(id),
      mayGrant: () => this.mayGrant,
      log: silent,
    });
  }

  /** A request that policy approves by itself. */
  async asked(id: string): Promise<string> {
    const scene = new Scene("automatic");
    scene.now = this.now;
    await this.ledger.record({ id, state: undefined, events: scene.when(ask()), at: this.now });
    return id;
  }

  async types(id: string): Promise<string[]> {
    return (await this.ledger.load(id))?.events.map(({ type }) => type) ?? [];
  }

  async phase(id: string): Promise<string | undefined> {
    return (await this.ledger.load(id))?.state.phase;
  }

  async look(id: string): Promise<void> {
    await this.perform.look(id);
  }
}
