import { SlackRefusal } from "../slack-refusal.ts";
import type { Ids } from "./ids.ts";
import type { People } from "./people.ts";
import type { Seed, User } from "./seed.ts";

/** A channel, or the direct conversation of one person with the bot. */
export type Conversation = {
  id: string;
  name: string;
  kind: "channel" | "im";
  private: boolean;
  topic: string;
  archived: boolean;
  extShared: boolean;
  members: Set<string>;
  /** The person of a direct conversation. */
  person: string | null;
};

const isGuest = (user: User): boolean => user.is_restricted || user.is_ultra_restricted || user.is_stranger;

/** Where people and the bot can write, and who is in there. */
export class Conversations {
  readonly #all = new Map<string, Conversation>();
  readonly #people: People;
  readonly #ids: Ids;
  readonly #bot: string;

  constructor(seed: Seed, people: People, ids: Ids) {
    this.#people = people;
    this.#ids = ids;
    this.#bot = seed.bot.user_id;
    const everyone = seed.users.filter((user) => !user.is_bot && !user.deleted && !isGuest(user)).map(({ id }) => id);
    for (const { members, botIsMember, ...channel } of seed.channels) {
      const inside = new Set(members ?? (channel.private ? [] : everyone));
      if (botIsMember) inside.add(this.#bot);
      this.#all.set(channel.id, { ...channel, kind: "channel", members: inside, person: null });
    }
  }

  /** Every channel and direct conversation. */
  all(): Conversation[] {
    return [...this.#all.values()];
  }

  /** @param id - `C…`, `G…` or `D…` */
  find(id: string): Conversation | undefined {
    return this.#all.get(id);
  }

  /**
   * The direct conversation of a person with the bot; it is opened if there is none yet.
   *
   * @param user - a user id
   * @throws SlackRefusal `user_not_found`, `user_disabled`, `cannot_dm_bot`
   */
  direct(user: string): Conversation {
    const open = this.all().find((one) => one.person === user);
    if (open !== undefined) return open;
    const person = this.#people.find(user);
    if (person === undefined) throw new SlackRefusal("user_not_found");
    if (person.deleted) throw new SlackRefusal("user_disabled");
    if (person.is_bot) throw new SlackRefusal("cannot_dm_bot");
    const made: Conversation = {
      id: this.#ids.next("D"),
      name: "directmessage",
      kind: "im",
      private: true,
      topic: "",
      archived: false,
      extShared: false,
      members: new Set([user, this.#bot]),
      person: user,
    };
    this.#all.set(made.id, made);
    return made;
  }

  /**
   * A conversation that the bot may know of: a public channel, or one it is in.
   *
   * @param id - as the bot sent it
   * @throws SlackRefusal `channel_not_found`, also for a private channel without the bot, as Slack hides those
   */
  forBot(id: string): Conversation {
    const found = this.#all.get(id);
    if (found === undefined || (found.private && !found.members.has(this.#bot)))
      throw new SlackRefusal("channel_not_found");
    return found;
  }

  /**
   * A conversation whose messages the bot may read: it must be in there.
   *
   * @param id - as the bot sent it
   * @throws SlackRefusal `channel_not_found`, `not_in_channel`
   */
  readableByBot(id: string): Conversation {
    const found = this.forBot(id);
    if (!found.members.has(this.#bot)) throw new SlackRefusal("not_in_channel");
    return found;
  }

  /**
   * Whether a person may look into a conversation: members, and anyone but guests for a public channel.
   *
   * @param user - a user id
   * @param conversation - where
   */
  mayRead(user: string, conversation: Conversation): boolean {
    if (conversation.members.has(user)) return true;
    const person = this.#people.find(user);
    return person !== undefined && !conversation.private && !isGuest(person);
  }

  /**
   * Makes someone a member, or ends it.
   *
   * @param id - the channel
   * @param user - a user id, the bot's too
   * @param inside - whether they are in it from now on
   */
  setMember(id: string, user: string, inside: boolean): void {
    const found = this.#all.get(id);
    if (found === undefined) throw new Error(`no channel ${id} in this workspace`);
    if (inside) found.members.add(user);
    else found.members.delete(user);
  }
}
