import type { Option } from "../block-kit/composition.ts";
import type { Answers } from "../block-kit/state.ts";
import type { SendResult, Tamper } from "../delivery/delivery.ts";
import type { Conversation } from "../workspace/conversations.ts";
import type { HomeTab } from "../workspace/homes.ts";
import type { Message } from "../workspace/message.ts";
import type { Snapshot } from "../workspace/snapshot.ts";
import type { View } from "../workspace/views.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { clickMessage, clickView } from "./click.ts";
import { clickHome, openApp } from "./home.ts";
import { slashCommand } from "./slash-command.ts";
import { closeView, submitView } from "./submit.ts";
import { suggest } from "./suggest.ts";
import type { Target } from "./target.ts";

/** A person of the workspace, who types and clicks. Each gesture resolves when Slack's part of it is over. */
export class Person {
  readonly id: string;
  readonly #workspace: Workspace;

  /**
   * @param workspace - where they are
   * @param id - their user id
   */
  constructor(workspace: Workspace, id: string) {
    this.#workspace = workspace;
    this.id = id;
  }

  /**
   * Types a slash command.
   *
   * @param command - with its slash
   * @param text - what stands behind it
   * @param options - `channel`: where, their direct conversation with the bot if not given; and what a test forges
   */
  async command(command: string, text = "", options: { channel?: string } & Tamper = {}): Promise<SendResult> {
    const { channel, ...tamper } = options;
    const conversation = channel === undefined ? this.dm() : this.#place(channel);
    return slashCommand(this.#workspace, this.id, conversation, { command, text }, tamper);
  }

  /**
   * Clicks in a message.
   *
   * @param message - the message as they see it, which may be older than what stands there now
   * @param target - what they click
   * @param tamper - what a test forges
   */
  async click(message: Message, target: Target, tamper: Tamper = {}): Promise<SendResult> {
    return clickMessage(this.#workspace, this.id, message, target, tamper);
  }

  /**
   * Opens the app.
   *
   * @param tab - its Home tab, if not said
   * @param tamper - what a test forges
   */
  async openHome(tab: "home" | "messages" = "home", tamper: Tamper = {}): Promise<SendResult> {
    return openApp(this.#workspace, this.id, tab, tamper);
  }

  /**
   * Clicks on the Home tab.
   *
   * @param tab - as they see it, which may be older than what stands there now
   * @param target - what they click
   * @param tamper - what a test forges
   */
  async clickHome(tab: HomeTab, target: Target, tamper: Tamper = {}): Promise<SendResult> {
    return clickHome(this.#workspace, tab, target, tamper);
  }

  /** The Home tab of the app; null if none was published. */
  home(): HomeTab | null {
    return this.#workspace.homes.of(this.id) ?? null;
  }

  /**
   * Acts inside an open modal, such as choosing in a menu that dispatches.
   *
   * @param view - the modal, or its id
   * @param target - what they click or choose
   * @param tamper - what a test forges
   */
  async clickIn(view: View | string, target: Target, tamper: Tamper = {}): Promise<SendResult> {
    return clickView(this.#workspace, this.#open(view), target, tamper);
  }

  /**
   * Fills in a modal and submits it.
   *
   * @param view - the modal, or its id
   * @param answers - by `block_id`, by `action_id`, or by both
   * @param tamper - what a test forges
   */
  async submit(view: View | string, answers: Answers = {}, tamper: Tamper = {}): Promise<SendResult> {
    return submitView(this.#workspace, this.#open(view), answers, tamper);
  }

  /**
   * Closes a modal without submitting.
   *
   * @param view - the modal, or its id
   * @param tamper - what a test forges
   */
  async closeView(view: View | string, tamper: Tamper = {}): Promise<SendResult> {
    return closeView(this.#workspace, this.#open(view), tamper);
  }

  /**
   * Types into a menu of a modal whose options the bot gives.
   *
   * @param view - the modal, or its id
   * @param actionId - the menu
   * @param typed - the letters so far
   */
  async suggest(view: View | string, actionId: string, typed: string): Promise<SendResult & { options: Option[] }> {
    return suggest(this.#workspace, this.#open(view), actionId, typed);
  }

  /**
   * Writes a message.
   *
   * @param channel - where
   * @param text - what
   * @param options - `thread_ts`: the thread it answers in
   * @throws Error if the person isn't in there, or there is no such thread
   */
  say(channel: string, text: string, options: { thread_ts?: string | undefined } = {}): Message {
    const conversation = this.#place(channel);
    if (!conversation.members.has(this.id)) throw new Error(`${this.id} is not in ${channel}`);
    const { thread_ts } = options;
    if (thread_ts !== undefined && this.#workspace.history.root(channel, thread_ts) === undefined) {
      throw new Error(`no thread ${thread_ts} in ${channel}`);
    }
    return this.#workspace.post(this.id, conversation, { text }, { thread_ts });
  }

  /** Their direct conversation with the bot. */
  dm(): Conversation {
    return this.#workspace.dm(this.id);
  }

  /** The modal in front of them; null if none is open. */
  view(): View | null {
    return this.#workspace.views(this.id).at(-1) ?? null;
  }

  /** What only they see. */
  ephemerals(): Message[] {
    return this.#workspace.ephemerals(this.id);
  }

  /** All that they see. */
  sees(): Snapshot {
    return this.#workspace.visibleTo(this.id);
  }

  #place(channel: string): Conversation {
    const found = this.#workspace.conversations.find(channel);
    if (found === undefined || !this.#workspace.conversations.mayRead(this.id, found)) {
      throw new Error(`${this.id} can't see the channel ${channel}`);
    }
    return found;
  }

  #open(view: View | string): View {
    const id = typeof view === "string" ? view : view.id;
    const found = this.#workspace.modals.stack(this.id).find((one) => one.id === id);
    if (found === undefined) throw new Error(`the view ${id} is not open before ${this.id}`);
    return found;
  }
}
