import { randomBytes } from "node:crypto";
import { Announce } from "../app/announce.ts";
import type { FileContent, Messenger } from "../app/messenger.ts";
import { Teller } from "../app/teller.ts";
import { tracedMessenger } from "../app/traced-messenger.ts";
import { Told } from "../app/told.ts";
import { Turns } from "../app/turns.ts";
import type { Spoken } from "../app/where-shown.ts";
import type { Platform } from "../domain/platform.ts";
import { readRequestId } from "../domain/request-id.ts";
import { Looks } from "../jobs/looks.ts";
import { Sweep } from "../jobs/sweep.ts";
import type { Foundation } from "./foundation.ts";
import { WaitingList } from "./waiting-list.ts";

const TELLING_AT_ONCE = 16;

/** What tells one chat platform what is recorded. The others don't wait for it, and it doesn't for them. */
export class Speaking {
  readonly announce: Announce;
  readonly #base: Foundation;
  readonly #platform: Platform;
  readonly #sweep: Sweep;
  /** Not jobs: each of several looks at one request would leave another behind. */
  readonly #waiting = new WaitingList();
  readonly #turns = new Turns(TELLING_AT_ONCE);
  /**
   * The sweep finds what is untold each second, also what waits for its turn already: without this, more than can be told in a
   * second would wait in line once for each second, and the line would never end.
   */
  readonly #looks = new Looks((id) => this.#turns.take("telling", () => this.#tell(id)));
  readonly #inHand = new Set<Promise<void>>();

  constructor(base: Foundation, { platform, spoken, messenger, recordOf }: SpeakingOptions) {
    const { ledger, policies, urgentFirst, log, now, redis } = base;
    const channels = () => policies.current.channels;
    const told = new Told(redis, platform);
    const incidents = () => channels().incidents[platform];
    const turn = () => urgentFirst.turn();
    this.#base = base;
    this.#platform = platform;
    this.announce = new Announce({
      ...{ ledger, told, platform, spoken, finds: messenger.finds, takesFiles: messenger.takesFiles, now, log },
      teller: new Teller({
        told,
        messenger: tracedMessenger(messenger, platform, base.watch.trace),
        incidents,
        recordOf,
        turn,
        log,
        insightsOf: (month, as) => base.insights.ofMonth(month, as),
      }),
      channels: () => ({
        thread: incidents(),
        approvals: channels().approvals[platform],
        security: channels().security[platform],
        insights: (policies.current.insights.channel ?? channels().security)[platform],
      }),
      token: () => randomBytes(12).toString("hex"),
    });
    this.#sweep = new Sweep({
      due: async (_after, by, limit) => this.#waiting.take(await ledger.untold(limit), by),
      nextDue: (after) => Promise.resolve(this.#waiting.next(after)),
      look: (id) => this.#looks.at(id),
      withoutLedger: () => Promise.resolve(),
      nextWithoutLedger: () => undefined,
      rounds: {},
      now,
      log,
    });
  }

  /** Begins to look at what is untold, now and each second. */
  start(): void {
    this.#sweep.watch();
  }

  /** Has a request told, when its turn has come. What goes wrong is left to the sweep. */
  begin(id: string): void {
    const telling = this.#looks.at(id).catch((error: unknown) => {
      this.#base.log.warn("a look failed; the next round looks again", { request: id, error });
    });
    this.#inHand.add(telling);
    void telling.finally(() => this.#inHand.delete(telling));
  }

  async stop(): Promise<void> {
    await this.#sweep.stop();
    await Promise.all(this.#inHand);
  }

  async #tell(id: string): Promise<void> {
    this.#looks.begins(id);
    const request = readRequestId(id) === id ? id : undefined;
    const about = { request, attributes: { platform: this.#platform }, level: "step", lane: this.#platform } as const;
    const retryMs = await this.#base.watch.trace.span("tell", about, async () => await this.announce.tell(id));
    if (retryMs === undefined) this.#waiting.remove(id);
    else this.#sweep.arm(this.#waiting.add(id, this.#base.now() + retryMs));
  }
}

export interface SpeakingOptions {
  readonly platform: Platform;
  /** Every platform that the program speaks in. */
  readonly spoken: readonly Spoken[];
  readonly messenger: Messenger;
  /** A request's record as it is now, as a file. */
  readonly recordOf: (request: string) => Promise<FileContent>;
}
