import type { SendResult, Tamper } from "../delivery/delivery.ts";
import { apiHome } from "../workspace/api-home.ts";
import type { HomeTab } from "../workspace/homes.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { gesture } from "./gesture.ts";
import { actionFor, findTarget, type Target } from "./target.ts";

/**
 * Opens the app: Slack tells the bot of it with an event, each time.
 *
 * @param tab - which tab of it
 * @param tamper - what a test forges
 */
export async function openApp(
  workspace: Workspace,
  user: string,
  tab: "home" | "messages",
  tamper: Tamper,
): Promise<SendResult> {
  const { seed, ids } = workspace;
  const shown = tab === "home" ? workspace.homes.of(user) : undefined;
  const at = ids.ts();
  const payload = {
    token: "not-used-since-requests-are-signed",
    team_id: seed.team.id,
    ...(seed.team.enterprise === undefined ? {} : { enterprise_id: seed.team.enterprise.id }),
    api_app_id: seed.appId,
    type: "event_callback",
    event: {
      type: "app_home_opened",
      user,
      channel: workspace.dm(user).id,
      tab,
      event_ts: at,
      ...(shown === undefined ? {} : { view: apiHome(workspace, shown) }),
    },
    event_id: ids.next("Ev"),
    event_time: Math.floor(Number(at)),
    authorizations: [
      {
        enterprise_id: seed.team.enterprise?.id ?? null,
        team_id: seed.team.id,
        user_id: seed.bot.user_id,
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
  };
  return workspace.delivery.send({ kind: "events_api", payload }, tamper);
}

/**
 * Clicks on the Home tab. There is no message, so there is no `response_url` either.
 *
 * @param tab - as the person sees it, which may be older than what stands there now
 * @throws Error if there is no such element
 */
export async function clickHome(
  workspace: Workspace,
  tab: HomeTab,
  target: Target,
  tamper: Tamper,
): Promise<SendResult> {
  const placed = findTarget(tab.blocks, target);
  const chosen = typeof target === "string" ? undefined : target.choose;
  const payload = {
    type: "block_actions",
    ...gesture(workspace, tab.user),
    container: { type: "view", view_id: tab.id },
    trigger_id: workspace.triggers.issue(tab.user),
    view: apiHome(workspace, tab),
    state: { values: tab.values },
    actions: [actionFor(placed, chosen, workspace.ids.ts())],
  };
  return workspace.delivery.send({ kind: "interactive", payload }, tamper);
}
