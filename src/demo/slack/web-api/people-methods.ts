import { z } from "zod";
import { SlackRefusal } from "../slack-refusal.ts";
import { flag, method } from "./method.ts";

const test = method(null, {}, ({ seed, url }) => ({
  url: `${url}/`,
  team: seed.team.name,
  user: seed.bot.name,
  team_id: seed.team.id,
  user_id: seed.bot.user_id,
  bot_id: seed.bot.bot_id,
  app_id: seed.appId,
  app_name: seed.bot.name,
  ...(seed.team.enterprise === undefined ? {} : { enterprise_id: seed.team.enterprise.id }),
  is_enterprise_install: false,
}));

const bot = method(["users:read"], { bot: z.string().optional() }, ({ seed }, args) => {
  if (args.bot === undefined) throw new SlackRefusal("missing_argument");
  if (args.bot !== seed.bot.bot_id) throw new SlackRefusal("bot_not_found");
  const { bot_id: id, user_id, name } = seed.bot;
  return { bot: { id, deleted: false, name, updated: 0, app_id: seed.appId, user_id, icons: {} } };
});

const user = method(["users:read"], { user: z.string() }, (workspace, args) => {
  const found = workspace.people.find(args.user);
  if (found === undefined) throw new SlackRefusal("user_not_found");
  return { user: workspace.people.describe(found, workspace.now()) };
});

const groupUsers = method(["usergroups:read"], { usergroup: z.string() }, (workspace, args) => {
  const found = workspace.people.group(args.usergroup);
  if (found === undefined) throw new SlackRefusal("no_such_subteam");
  return { users: [...found.members] };
});

const groups = method(["usergroups:read"], { include_users: flag.optional() }, (workspace, args) => ({
  usergroups: workspace.people.groups().map(({ id, handle, name, members }) => ({
    id,
    team_id: workspace.seed.team.id,
    is_usergroup: true,
    handle,
    name,
    user_count: members.length,
    ...(args.include_users === true ? { users: [...members] } : {}),
  })),
}));

/** The methods that tell who is who. */
export const peopleMethods = {
  "auth.test": test,
  "bots.info": bot,
  "users.info": user,
  "usergroups.list": groups,
  "usergroups.users.list": groupUsers,
} as const;
