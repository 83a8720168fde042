/** What the bot asks of a workspace: as manifests/slack.yaml has it, and no more. */
export const BOT_SCOPES = [
  "commands",
  "chat:write",
  "chat:write.public",
  "im:write",
  "users:read",
  "usergroups:read",
  "channels:history",
  "groups:history",
  "im:history",
  "channels:join",
  "groups:read",
  "channels:read",
  "files:write",
] as const;
