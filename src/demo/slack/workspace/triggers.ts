import { SlackRefusal } from "../slack-refusal.ts";
import type { Ids } from "./ids.ts";

/** How long a trigger lives, in milliseconds. */
const LIFE = 3000;

/** Whose gesture a trigger stands for, and the modal it was made in. */
export type Trigger = { user: string; viewId: string | null };

/** The trigger ids that let a bot open a modal: three seconds, once. */
export class Triggers {
  readonly #ids: Ids;
  readonly #now: () => number;
  readonly #known = new Map<string, Trigger & { until: number; used: boolean }>();

  constructor(ids: Ids, now: () => number) {
    this.#ids = ids;
    this.#now = now;
  }

  /**
   * @param user - who made the gesture
   * @param viewId - the modal it was made in, if any
   */
  issue(user: string, viewId: string | null = null): string {
    const id = `${Math.floor(this.#now())}.${this.#ids.secret()}`;
    this.#known.set(id, { user, viewId, until: this.#now() + LIFE, used: false });
    return id;
  }

  /**
   * Spends a trigger.
   *
   * @param id - as the bot sent it
   * @throws SlackRefusal `invalid_trigger_id`, `exchanged_trigger_id`, `expired_trigger_id`
   */
  exchange(id: string): Trigger {
    const trigger = this.#known.get(id);
    if (trigger === undefined) throw new SlackRefusal("invalid_trigger_id");
    if (trigger.used) throw new SlackRefusal("exchanged_trigger_id");
    if (this.#now() > trigger.until) throw new SlackRefusal("expired_trigger_id");
    trigger.used = true;
    return { user: trigger.user, viewId: trigger.viewId };
  }
}
