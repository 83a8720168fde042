import { ErrorCode, LogLevel, WebClient } from "@slack/web-api";
import type { Logger } from "@slack/web-api";
import type { WorkspaceSeed } from "../../../src/demo/slack/workspace/seed.ts";
import { startSlack } from "../../../src/demo/slack/start-slack.ts";
import type { Slack, SlackOptions } from "../../../src/demo/slack/start-slack.ts";

/** A small company: three people, a guest, a stranger, a public channel and two private ones. */
export const acme: WorkspaceSeed = {
  team: { id: "T0ACME", name: "Acme", domain: "acme" },
  botToken: "xoxb-test-bot",
  appToken: "xapp-test-app",
  signingSecret: "a-signing-secret-for-tests",
  appId: "A0BREAKGLASS",
  users: [
    { id: "U0ALICE", name: "alice", real_name: "Alice Ng", tz: "Europe/Berlin", title: "SRE" },
    { id: "U0BOB", name: "bob", real_name: "Bob Ortiz" },
    { id: "U0CAROL", name: "carol", real_name: "Carol Diaz", tz: "America/New_York" },
    { id: "U0GUEST", name: "gus", real_name: "Gus Guest", is_restricted: true },
    { id: "U0OTHER", name: "ozzy", real_name: "Ozzy Other", is_stranger: true, team_id: "T0OTHER" },
    { id: "U0GONE", name: "gone", real_name: "Gone Person", deleted: true },
  ],
  channels: [
    { id: "C0GENERAL", name: "general" },
    { id: "C0INCIDENTS", name: "incidents", botIsMember: true },
    { id: "C0APPROVALS", name: "approvals", private: true, botIsMember: true, members: ["U0BOB", "U0CAROL"] },
    { id: "C0SECRET", name: "secret", private: true, members: ["U0ALICE"] },
    { id: "C0OLD", name: "old", archived: true },
  ],
  userGroups: [{ id: "S0DBA", handle: "dba", members: ["U0BOB"] }],
};

/**
 * Starts the stand-in with Acme in it, and stops it after the work.
 *
 * @param work - what is tried
 * @param options - other than the defaults
 */
export async function inAcme(
  work: (slack: Slack, client: WebClient) => Promise<void>,
  options: Partial<SlackOptions> = {},
): Promise<void> {
  const slack = await startSlack({ seed: acme, ...options });
  try {
    await work(slack, clientOf(slack));
  } finally {
    await slack.close();
  }
}

/** Keeps Bolt's and the client's own log out of the tests' output. */
export const quiet: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};

/** The official client, which answers at once instead of trying again. */
export function clientOf(slack: Slack, token: string = acme.botToken): WebClient {
  const patience = { retryConfig: { retries: 0 }, rejectRateLimitedCalls: true };
  return new WebClient(token, { slackApiUrl: slack.apiUrl, ...patience, logger: quiet });
}

/** What the platform refused, and in which words. */
export type Refused = { error: string; messages: string[] };

/**
 * Waits for a refusal by the platform.
 *
 * @param call - a call of the official client
 */
export async function refused(call: Promise<unknown>): Promise<Refused> {
  try {
    await call;
  } catch (error) {
    const { code, data } = error as {
      code?: string;
      data?: { error: string; response_metadata?: { messages?: string[] } };
    };
    if (code !== ErrorCode.PlatformError || data === undefined) throw error;
    return { error: data.error, messages: data.response_metadata?.messages ?? [] };
  }
  throw new Error("the call was not refused");
}

/** A clock that stands still until it is moved. */
export function stoppedClock(start = Date.UTC(2026, 10, 23, 3, 12, 9)): {
  now: () => number;
  pass: (ms: number) => void;
} {
  let at = start;
  return {
    now: () => at,
    pass: (ms) => {
      at += ms;
    },
  };
}
