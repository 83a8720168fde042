import type { HomeFrame } from "../block-kit/check-home.ts";
import { stateOf, type StateValues } from "../block-kit/state.ts";
import { withIds } from "../block-kit/with-ids.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import type { Changes } from "./changes.ts";
import type { Ids } from "./ids.ts";

/** The Home tab of the app, as it stands before one person. */
export type HomeTab = Readonly<HomeFrame> & {
  readonly id: string;
  readonly user: string;
  readonly hash: string;
  readonly values: StateValues;
};

/** What the bot published, one Home tab a person. */
export class Homes {
  readonly #tabs = new Map<string, HomeTab>();
  readonly #ids: Ids;
  readonly #changes: Changes;

  constructor(ids: Ids, changes: Changes) {
    this.#ids = ids;
    this.#changes = changes;
  }

  /** @param user - a user id */
  of(user: string): HomeTab | undefined {
    return this.#tabs.get(user);
  }

  /**
   * Puts a Home tab in the place of the one before; its id stays.
   *
   * @param hash - what the bot took for its newest state; undefined if it doesn't care
   * @throws SlackRefusal `hash_conflict`
   */
  publish(user: string, frame: HomeFrame, hash?: string): HomeTab {
    const before = this.#tabs.get(user);
    if (hash !== undefined && hash !== before?.hash) throw new SlackRefusal("hash_conflict");
    const blocks = withIds(frame.blocks, () => this.#ids.next("b"));
    const tab: HomeTab = {
      ...{ ...frame, user, blocks, id: before?.id ?? this.#ids.next("V") },
      ...{ hash: `${this.#ids.ts()}.${this.#ids.next("h")}`, values: stateOf(blocks, before?.values) },
    };
    this.#tabs.set(user, tab);
    this.#changes.seenBy([user]);
    return tab;
  }
}
