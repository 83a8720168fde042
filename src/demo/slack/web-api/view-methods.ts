import { z } from "zod";
import { checkHome } from "../block-kit/check-home.ts";
import { checkView } from "../block-kit/check-view.ts";
import { SlackRefusal } from "../slack-refusal.ts";
import { apiHome } from "../workspace/api-home.ts";
import { apiView } from "../workspace/api-view.ts";
import { json, method } from "./method.ts";

const view = json("invalid_arguments");
const triggered = { trigger_id: z.string().optional(), interactivity_pointer: z.string().optional(), view };

function trigger(args: { trigger_id?: string | undefined; interactivity_pointer?: string | undefined }): string {
  const id = args.trigger_id ?? args.interactivity_pointer;
  if (id === undefined) throw new SlackRefusal("invalid_arguments", ["[ERROR] missing required field: trigger_id"]);
  return id;
}

/** The view is checked before the trigger is spent, so that a bot that mends its view can still use it. */
const open = method(null, triggered, (workspace, args) => {
  const frame = checkView(args.view);
  const { user } = workspace.triggers.exchange(trigger(args));
  return { view: apiView(workspace, workspace.modals.open(user, frame)) };
});

const push = method(null, triggered, (workspace, args) => {
  const frame = checkView(args.view);
  const { user, viewId } = workspace.triggers.exchange(trigger(args));
  if (viewId === null) throw new SlackRefusal("not_found");
  return { view: apiView(workspace, workspace.modals.push(user, frame)) };
});

const update = method(
  null,
  { view_id: z.string().optional(), external_id: z.string().optional(), hash: z.string().optional(), view },
  (workspace, args) => {
    const frame = checkView(args.view);
    const { view_id: id, external_id: externalId } = args;
    if (id === undefined && externalId === undefined) {
      throw new SlackRefusal("invalid_arguments", ["[ERROR] missing required field: view_id"]);
    }
    const found = id === undefined ? workspace.modals.findExternal(externalId ?? "") : workspace.modals.find(id);
    if (found === undefined) throw new SlackRefusal("not_found");
    return { view: apiView(workspace, workspace.modals.update(found, frame, args.hash)) };
  },
);

const publish = method(
  null,
  { user_id: z.string(), hash: z.string().optional(), view },
  (workspace, { user_id: user, hash, view: given }) => {
    const frame = checkHome(given);
    if (!workspace.seed.homeTab) throw new SlackRefusal("not_enabled");
    if (workspace.people.find(user) === undefined)
      throw new SlackRefusal("invalid_arguments", ["[ERROR] invalid user_id [json-pointer:/user_id]"]);
    return { view: apiHome(workspace, workspace.homes.publish(user, frame, hash)) };
  },
);

/** The methods of the `views` family. */
export const viewMethods = {
  "views.open": open,
  "views.push": push,
  "views.update": update,
  "views.publish": publish,
} as const;
