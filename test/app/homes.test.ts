import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import { Homes, KEPT_UP_MS } from "../../src/app/homes.ts";
import { ChatBusy } from "../../src/app/messenger.ts";
import { Queries } from "../../src/app/queries.ts";
import type { Home } from "../../src/cards/home.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { SLACK_HOME_LIMITS } from "../../src/slack/render-home.ts";
import { acme } from "../domain/acme-policy.ts";
import { approvedBy, by, opened, T0 } from "../domain/given.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { vouch } from "../support/vouch.ts";
import { until } from "../support/until.ts";
import { plainDirectory } from "./plain-directory.ts";

const ID = "BG-7K3M2Q";
const ALICE = { platform: "slack", account: "U0ALICE" } as const;
const CAROL = { platform: "slack", account: "U0CAROL" } as const;

describe("homes, by processes that meet in a real Redis", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let ledger: Ledger;
  let now: number;
  /** What stands before each person, and how often something was put there. */
  let stands: Map<string, string>;
  let count: number;
  let pauses: number[];
  /** Whose homes were drawn. */
  let drawn: string[];

  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    now = T0 + 60_000;
    count = 0;
    stands = new Map();
    pauses = [];
    drawn = [];
  });

  const text = (home: Home) => JSON.stringify(home);
  /** A process of its own. @param show - what it does in the place of the platform */
  const process = (show: (account: string, home: Home) => Promise<void> = put): Homes => {
    const policy = () => acme;
    const directory = plainDirectory({ S0DBA: ["U0DAVE"], S0CONTRACT: [] });
    const homes = new Homes({
      ...{ redis, policy, now: () => now, log: silent },
      queries: new Queries({ ledger, policy, directory, now: () => now }),
      whois: ({ account }) => {
        drawn.push(account);
        return Promise.resolve({ person: account.slice(2).toLowerCase() });
      },
      turn: () => Promise.resolve(),
      pause: (ms) => {
        pauses.push(ms);
        now += ms;
        return Promise.resolve();
      },
    });
    homes.add("slack", { limits: SLACK_HOME_LIMITS, show });
    return homes;
  };
  const put = (account: string, home: Home) => {
    count++;
    stands.set(account, text(home));
    return Promise.resolve();
  };
  const record = async (...happened: ReturnType<typeof opened>[]) => {
    for (const { event, after: later } of happened)
      await ledger.record({ id: ID, state: (await ledger.load(ID))?.state, events: [event], at: T0 + later });
  };

  it("show those whom a request concerns what became of it, whichever process hears of it; and nobody else", async () => {
    const [one, other] = [process(), process()];
    await Promise.all([one.opened(ALICE), one.opened(CAROL), one.opened({ platform: "slack", account: "U0MALLORY" })]);
    assert.equal(count, 3);
    await record(opened());
    drawn = [];
    await other.touched(ID);
    assert.deepEqual(new Set(drawn), new Set(["U0ALICE", "U0CAROL"]));
    assert.match(stands.get("U0CAROL") ?? "", /Waiting for your vote/);
    assert.match(stands.get("U0ALICE") ?? "", /waiting for approval/);
    assert.equal(count, 5);
    await other.touched(ID);
    assert.equal(count, 5, "nothing changed");
    // What stood there before is shown again when it is so again, also by the process that showed it first.
    await record({ after: 1_000, event: { type: "RequestWithdrawn", actor: by("alice"), data: {} } });
    await one.touched(ID);
    assert.match(stands.get("U0ALICE") ?? "", /You have no open request/);
    assert.doesNotMatch(stands.get("U0CAROL") ?? "", /Waiting for your vote/);
  });

  it("end with the truth where one process draws before an event and shows it after another has shown what came of that", async () => {
    let free: () => void = () => undefined;
    let held = 0;
    const slow = process(async (account, home) => {
      held++;
      if (held === 1) await new Promise<void>((resolve) => (free = resolve));
      await put(account, home);
    });
    const quick = process();
    await record(opened());
    const drawn = slow.opened(CAROL);
    await until(() => (held === 1 ? true : undefined), "the slow one");
    await record(approvedBy("bob"));
    await quick.touched(ID);
    assert.doesNotMatch(stands.get("U0CAROL") ?? "", /Waiting for your vote/);
    free();
    await drawn;
    assert.doesNotMatch(stands.get("U0CAROL") ?? "", /Waiting for your vote/);
  });

  it("wait as the platform asks, show several events in one, and give up in the end", async () => {
    let busy = 3;
    const homes = process(async (account, home) => {
      if (busy-- > 0) throw new ChatBusy(7_000);
      await put(account, home);
    });
    await record(opened());
    const shown = homes.opened(ALICE);
    await Promise.all([shown, homes.touched(ID), homes.touched(ID), homes.touched(ID)]);
    assert.deepEqual([count, pauses.filter((ms) => ms === 7_000).length], [1, 3]);
    busy = Number.POSITIVE_INFINITY;
    await homes.opened(ALICE);
    assert.equal(count, 1);
  });

  it("are kept up to date for an hour, and no longer", async () => {
    const homes = process();
    await homes.opened(ALICE);
    await record(opened());
    now += KEPT_UP_MS - 10_000;
    await homes.touched(ID);
    assert.equal(count, 2);
    await record(approvedBy("carol"));
    now += 20_000;
    await homes.touched(ID);
    assert.equal(count, 2);
  });
});
