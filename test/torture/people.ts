import type { Slack } from "../../src/demo/slack/start-slack.ts";
import { ACME, APPROVALS, BOB, CAROL, INC_42 } from "../support/acme.ts";
import { idIn } from "../support/stage.ts";
import type { Random } from "./random.ts";

/** Who ask: many, so that no request has to wait for another of the same person. */
const ASKERS = Array.from({ length: 16 }, (_, index) => ({
  id: `U0ASKS${String(index).padStart(2, "0")}`,
  name: `asks${index}`,
}));

/** A workspace in which they are members, beside those of Acme. */
export const CROWD = {
  ...ACME,
  users: [...ACME.users, ...ASKERS.map(({ id, name }) => ({ id, name, real_name: `Person ${name}` }))],
};

/** Cards further up are nobody's any more, or will be decided when it is calm. */
const IN_SIGHT = 12;

/** Adds them to a policy of Acme's, among those who may ask. */
export function withCrowd(policy: string): string {
  const people = ASKERS.map(({ id, name }) => `  ${name}: { name: Person ${name}, slack: ${id} }\n`).join("");
  return policy
    .replace("people:\n", `people:\n${people}`)
    .replace("sre: [", `sre: [${ASKERS.map(({ name }) => name).join(", ")}, `);
}

/** The Slack account of one of them, by the name that the policy gives. */
export function accountOf(person: string): string {
  return ASKERS.find(({ name }) => name === person)?.id ?? "";
}

/** What they do: they ask, and decide, twice over; whoever is dead doesn't answer. */
export class People {
  readonly #slack: Slack;
  readonly #random: Random;

  constructor(slack: Slack, random: Random) {
    this.#slack = slack;
    this.#random = random;
  }

  /** Somebody does something. @param urls - of the bots that there are; undefined for one that is dead */
  async act(urls: readonly (string | undefined)[]): Promise<void> {
    const random = this.#random;
    const what = {
      url: urls[random.below(urls.length)],
      decides: random.chance(0.5),
      second: random.pick([BOB, CAROL]),
      who: random.pick(ASKERS).id,
      text: `db ${random.pick(["writer", "owner"])} ${1 + random.below(3)}s torture ${random.below(1e6)}`,
    };
    if (what.url === undefined) return;
    const { workspace } = this.#slack;
    this.#slack.deliverTo(`${what.url}/slack/events`);
    const card = this.#waiting(IN_SIGHT).at(-1);
    if (card !== undefined && what.decides) {
      const clicks = [CAROL, what.second].map((who) => workspace.as(who).click(card, { text: "Approve" }));
      await Promise.allSettled(clicks);
      return;
    }
    const asking = workspace.as(what.who).command("/breakglass", what.text, { channel: INC_42 });
    await asking.catch(() => undefined);
  }

  /** Everything that still waits is approved. */
  async decideAll(url: string | undefined): Promise<void> {
    if (url === undefined) return;
    this.#slack.deliverTo(`${url}/slack/events`);
    for (const card of this.#waiting(Infinity)) {
      const click = this.#slack.workspace.as(CAROL).click(card, { text: "Approve" });
      await click.catch(() => undefined);
    }
  }

  /** The requests that somebody was told are recorded. */
  acknowledged(): Set<string> {
    const { workspace } = this.#slack;
    const receipts = ASKERS.flatMap(({ id }) => workspace.ephemerals(id)).map((one) => workspace.readable(one));
    return new Set(receipts.filter((text) => text.includes("Recorded: ")).map(idIn));
  }

  #waiting(newest: number) {
    const { workspace } = this.#slack;
    return workspace
      .messages(APPROVALS)
      .slice(-newest)
      .filter((message) => workspace.readable(message).includes("🟡"));
  }
}
