/** The words that `/breakglass` understands in a target's place. */
export const SUBCOMMANDS = [
  "status",
  "list",
  "open",
  "rotate",
  "break-glass",
  "end",
  "revoke",
  "who",
  "help",
  "request",
  "key",
  "review",
  "followups",
  "insights",
  "home",
  "drill",
] as const;

export type Subcommand = (typeof SUBCOMMANDS)[number];
