import type { ViewFrame } from "../block-kit/check-view.ts";
import { stateOf } from "../block-kit/state.ts";
import type { StateValues } from "../block-kit/state.ts";
import { withIds } from "../block-kit/with-ids.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import type { Changes } from "./changes.ts";
import type { Ids } from "./ids.ts";

/** Slack stacks no more modals than this. */
const STACK = 3;

/** A modal that stands open before a person. */
export type View = Readonly<ViewFrame> & {
  readonly id: string;
  /** The person before whom it stands. */
  readonly user: string;
  readonly hash: string;
  readonly root_view_id: string;
  readonly previous_view_id: string | null;
  /** What its inputs hold now. */
  readonly values: StateValues;
  /** What the bot answered to the last submission, by `block_id`. */
  readonly errors: Readonly<Record<string, string>>;
  /** What Slack shows when the bot did not answer; null otherwise. */
  readonly trouble: string | null;
};

/** The modals that are open, as one stack a person. */
export class Views {
  readonly #stacks = new Map<string, View[]>();
  readonly #ids: Ids;
  readonly #changes: Changes;

  constructor(ids: Ids, changes: Changes) {
    this.#ids = ids;
    this.#changes = changes;
  }

  /** @returns the person's stack, the root first */
  stack(user: string): View[] {
    return this.#stacks.get(user) ?? [];
  }

  /** @param id - a view's id; views that were closed are no longer found */
  find(id: string): View | undefined {
    return [...this.#stacks.values()].flat().find((one) => one.id === id);
  }

  /** @param externalId - the bot's own name for the view */
  findExternal(externalId: string): View | undefined {
    return [...this.#stacks.values()].flat().find((one) => one.external_id === externalId);
  }

  /**
   * Opens a modal; whatever was open before this person gives way.
   *
   * @throws SlackRefusal `duplicate_external_id`
   */
  open(user: string, frame: ViewFrame): View {
    this.#assertNew(frame);
    const id = this.#ids.next("V");
    const view = this.#made(frame, { id, user, root_view_id: id, previous_view_id: null });
    this.#set(user, [view]);
    return view;
  }

  /**
   * Puts a modal on top of the open one.
   *
   * @throws SlackRefusal `not_found` if none is open, `push_limit_reached`, `duplicate_external_id`
   */
  push(user: string, frame: ViewFrame): View {
    const stack = this.stack(user);
    const top = stack.at(-1);
    if (top === undefined) throw new SlackRefusal("not_found");
    if (stack.length >= STACK) throw new SlackRefusal("push_limit_reached");
    this.#assertNew(frame);
    const place = { id: this.#ids.next("V"), user, root_view_id: top.root_view_id, previous_view_id: top.id };
    const view = this.#made(frame, place);
    this.#set(user, [...stack, view]);
    return view;
  }

  /**
   * Draws a modal anew. Inputs that keep their ids keep what the person put in.
   *
   * @param view - the view as it is
   * @param frame - the view as it will be
   * @param hash - what the bot took for its newest state; undefined if it doesn't care
   * @throws SlackRefusal `hash_conflict`
   */
  update(view: View, frame: ViewFrame, hash?: string): View {
    if (hash !== undefined && hash !== view.hash) throw new SlackRefusal("hash_conflict");
    if (frame.external_id !== view.external_id) this.#assertNew(frame);
    const { id, user, root_view_id, previous_view_id, values } = view;
    return this.#replace(this.#made(frame, { id, user, root_view_id, previous_view_id }, values));
  }

  /** Notes what happened before the person: what they put in, what the bot refused. */
  note(view: View, facts: Partial<Pick<View, "values" | "errors" | "trouble">>): View {
    return this.#replace({ ...view, ...facts });
  }

  /** Closes a modal, and what stands on top of it. */
  close(view: View): void {
    const stack = this.stack(view.user);
    const at = stack.findIndex((one) => one.id === view.id);
    if (at >= 0) this.#set(view.user, stack.slice(0, at));
  }

  /** Closes every modal of a person. */
  clear(user: string): void {
    this.#set(user, []);
  }

  #assertNew(frame: ViewFrame): void {
    const { external_id: name } = frame;
    if (name !== undefined && this.findExternal(name) !== undefined) throw new SlackRefusal("duplicate_external_id");
  }

  #made(
    frame: ViewFrame,
    place: Pick<View, "id" | "user" | "root_view_id" | "previous_view_id">,
    before: StateValues = {},
  ): View {
    const blocks = withIds(frame.blocks, () => this.#ids.next("b"));
    const hash = `${this.#ids.ts()}.${this.#ids.next("h")}`;
    return { ...frame, ...place, blocks, hash, values: stateOf(blocks, before), errors: {}, trouble: null };
  }

  #replace(view: View): View {
    this.#set(
      view.user,
      this.stack(view.user).map((one) => (one.id === view.id ? view : one)),
    );
    return view;
  }

  #set(user: string, stack: View[]): void {
    this.#stacks.set(user, stack);
    this.#changes.seenBy([user]);
  }
}
