import { z } from "zod";

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}[A-Z0-9]{2,}$`), `an id that begins with ${prefix}`);
const userId = id("[UW]");

const user = z.strictObject({
  id: userId,
  /** The short name, without `@`. */
  name: z.string(),
  real_name: z.string(),
  title: z.string().optional(),
  email: z.string().optional(),
  tz: z.string().default("Etc/UTC"),
  presence: z.enum(["active", "away"]).default("active"),
  is_bot: z.boolean().default(false),
  deleted: z.boolean().default(false),
  is_restricted: z.boolean().default(false),
  is_ultra_restricted: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
  is_invited_user: z.boolean().default(false),
  /** Differs from the workspace's own for a person of another organisation. */
  team_id: id("T").optional(),
});

const channel = z.strictObject({
  id: id("[CG]"),
  name: z.string(),
  private: z.boolean().default(false),
  topic: z.string().default(""),
  /** Absent: everyone but guests, strangers and bots for a public channel, nobody for a private one. */
  members: z.array(userId).optional(),
  botIsMember: z.boolean().default(false),
  archived: z.boolean().default(false),
  /** Shared with another organisation (Slack Connect). */
  extShared: z.boolean().default(false),
});

/** What a workspace is made of. Unknown keys are refused, so that a typing mistake can't make a test pass. */
export const workspaceSeed = z.strictObject({
  team: z.strictObject({
    id: id("T"),
    name: z.string(),
    domain: z.string().default("acme"),
    enterprise: z.strictObject({ id: id("E"), name: z.string() }).optional(),
  }),
  botToken: z.string().startsWith("xoxb-"),
  appToken: z.string().startsWith("xapp-"),
  signingSecret: z.string().min(8),
  appId: id("A"),
  bot: z
    .strictObject({ user_id: userId, bot_id: id("B"), name: z.string() })
    .default({ user_id: "U0BREAKGLASS", bot_id: "B0BREAKGLASS", name: "breakglass" }),
  /** The bot's scopes, as its manifest asks for them. Absent: all, so that nothing answers `missing_scope`. */
  scopes: z.array(z.string()).optional(),
  /** Whether the app has a Home tab. */
  homeTab: z.boolean().default(true),
  users: z.array(user),
  channels: z.array(channel),
  userGroups: z
    .array(z.strictObject({ id: id("S"), handle: z.string(), name: z.string().optional(), members: z.array(userId) }))
    .default([]),
});

/** A seed as it is written: what has a default may be left out. */
export type WorkspaceSeed = z.input<typeof workspaceSeed>;
/** A seed with every default filled in. */
export type Seed = z.output<typeof workspaceSeed>;
/** A person, or a bot, of the workspace. */
export type User = z.output<typeof user>;
