import type { Seed, User } from "./seed.ts";

/** Seconds that a zone is ahead of UTC at a moment. */
function offsetOf(tz: string, now: number): number {
  const shown = new Intl.DateTimeFormat("en-US", { timeZone: tz, timeZoneName: "longOffset" }).format(now);
  const found = /GMT([+-])(\d\d):(\d\d)/.exec(shown);
  if (found === null) return 0;
  const seconds = Number(found[2]) * 3600 + Number(found[3]) * 60;
  return found[1] === "-" ? -seconds : seconds;
}

/** The people and user groups of a workspace. Tests may change both while it runs. */
export class People {
  readonly #users: Map<string, User>;
  readonly #groups: Map<string, { id: string; handle: string; name: string; members: string[] }>;
  readonly #seed: Seed;

  constructor(seed: Seed) {
    const { bot } = seed;
    const asUser: User = {
      id: bot.user_id,
      name: bot.name,
      real_name: bot.name,
      tz: "Etc/UTC",
      presence: "active",
      is_bot: true,
      deleted: false,
      is_restricted: false,
      is_ultra_restricted: false,
      is_stranger: false,
      is_invited_user: false,
    };
    this.#seed = seed;
    this.#users = new Map([asUser, ...seed.users].map((user) => [user.id, { ...user }]));
    this.#groups = new Map(
      seed.userGroups.map(({ id, handle, name, members }) => [
        id,
        { id, handle, name: name ?? handle, members: [...members] },
      ]),
    );
  }

  /** @param id - a user id */
  find(id: string): User | undefined {
    return this.#users.get(id);
  }

  /** Everyone, the bot among them. */
  all(): User[] {
    return [...this.#users.values()];
  }

  /**
   * Changes a person: deactivates them, makes them a guest.
   *
   * @param id - a user id
   * @param changes - the fields that become different
   */
  change(id: string, changes: Partial<Omit<User, "id">>): void {
    const user = this.#users.get(id);
    if (user === undefined) throw new Error(`no user ${id} in this workspace`);
    Object.assign(user, changes);
  }

  /** @param id - a user group's id, `S…` */
  group(id: string): { id: string; handle: string; name: string; members: string[] } | undefined {
    return this.#groups.get(id);
  }

  /** Every user group. */
  groups(): { id: string; handle: string; name: string; members: string[] }[] {
    return [...this.#groups.values()];
  }

  /**
   * Replaces the members of a group.
   *
   * @param id - a user group's id
   * @param members - user ids
   */
  regroup(id: string, members: readonly string[]): void {
    const group = this.#groups.get(id);
    if (group === undefined) throw new Error(`no user group ${id} in this workspace`);
    group.members = [...members];
  }

  /**
   * A person as `users.info` tells of them.
   *
   * @param user - from {@link People.find}
   * @param now - for the zone's offset
   */
  describe(user: User, now: number): Record<string, unknown> {
    const { team } = this.#seed;
    const { id, name, real_name, tz, title, email } = user;
    const { is_bot, deleted, is_restricted, is_ultra_restricted, is_stranger, is_invited_user } = user;
    return {
      ...{ id, name, real_name, tz, is_bot, deleted },
      ...{ is_restricted, is_ultra_restricted, is_stranger, is_invited_user },
      team_id: user.team_id ?? team.id,
      tz_offset: offsetOf(user.tz, now),
      is_admin: false,
      is_owner: false,
      is_app_user: false,
      profile: {
        real_name: user.real_name,
        display_name: user.name,
        title: title ?? "",
        ...(email === undefined ? {} : { email }),
        ...(user.is_bot ? { bot_id: this.#seed.bot.bot_id, api_app_id: this.#seed.appId } : {}),
        team: user.team_id ?? team.id,
      },
      ...(team.enterprise === undefined || user.is_stranger
        ? {}
        : {
            enterprise_user: {
              id: user.id,
              enterprise_id: team.enterprise.id,
              enterprise_name: team.enterprise.name,
              teams: [team.id],
            },
          }),
    };
  }
}
