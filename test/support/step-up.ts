import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { inviteKey } from "../../src/cli/keys.ts";
import { SoftKey, type AskedOfKey, type Twist } from "../../src/demo/soft-key.ts";
import { quietPort } from "../../src/redis/quiet-port.ts";
import type { Message } from "../../src/demo/slack/workspace/message.ts";
import { HASH_TAG } from "../../src/connection.ts";
import { ACME, NO_RULES } from "./acme.ts";
import { click } from "./ask.ts";
import { commandTarget, type CommandTarget } from "./command-target.ts";
import { openStage, UNHURRIED, type Stage, type StageOptions } from "./stage.ts";

/** A stage whose pages are where its links say. */
export interface StepUpStage {
  readonly stage: Stage;
  /** `http://localhost:<port>` */
  readonly origin: string;
  /** An invitation's link, as the command line prints it. */
  readonly invite: (person: string) => Promise<string>;
  /** The bot's environment, for the command line or another bot. */
  readonly env: Readonly<Record<string, string>>;
  /** As if the person had asked for no link yet. */
  readonly forgetLinks: (person: string) => Promise<void>;
  stop(): Promise<void>;
  /** Enrols a key of software for a person, by an invitation. */
  enrolled(person: string, name?: string): Promise<SoftKey>;
}

const roles = (target: CommandTarget, stepUp: string) => `
  tool:
    title: Admin tool
    ${target.yaml}
    roles:
      user:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads], emergency: { after: 1m, max: 5m } }
        stepUp: ${stepUp}
        duration: { default: 15m, max: 30m }
`;

/** Opens it: a role whose approvers have to confirm with a key, and leads as administrators. */
export async function openStepUpStage(
  options: Partial<StageOptions> & { readonly targets?: string; readonly stepUp?: string } = {},
): Promise<StepUpStage> {
  const port = await quietPort();
  const origin = `http://localhost:${port}`;
  const target = await commandTarget();
  const { stepUp = "[approver]", targets = roles(target, stepUp), env, ...rest } = options;
  const stage = await openStage({
    ...{ slack: { ...UNHURRIED, ...(rest.now && { now: rest.now }) }, ...rest },
    targets: `${targets}\nadmins: [leads]`,
    env: { PUBLIC_URL: origin, PORT: String(port), ...env },
  });
  const served = {
    SLACK_BOT_TOKEN: ACME.botToken,
    SLACK_SIGNING_SECRET: ACME.signingSecret,
    SLACK_API_URL: stage.slack.apiUrl,
    REDIS_URL: stage.redis.url,
    DATA_DIR: `${stage.dir}/data`,
    POLICY_FILE: `${stage.dir}/policy.yaml`,
    ANOMALY_RULES: NO_RULES,
    PUBLIC_URL: origin,
  };
  const redis = new Redis(stage.redis.url);
  const invite = async (person: string) => await printed(served, person);
  const enrolled = async (person: string, name = `${person}'s key`) => {
    const key = new SoftKey();
    const made = await enrolSoft(await invite(person), key, name);
    assert.equal(made.status, 200, JSON.stringify(made.answer));
    return key;
  };
  const forgetLinks = async (person: string) => {
    await redis.del(`${HASH_TAG}:links:${person}`);
  };
  const stop = async () => {
    redis.disconnect();
    await stage.stop();
    await target.remove();
  };
  return { stage, origin, env: served, invite, enrolled, forgetLinks, stop };
}

async function printed(env: Readonly<Record<string, string>>, person: string): Promise<string> {
  const lines: string[] = [];
  await inviteKey({ env, result: (line) => lines.push(line), talk: () => undefined }, person);
  return lines[0] ?? "";
}

/** Clicks Approve, and gives the link in the private answer. */
export async function linkByClick(stage: Stage, user: string, card: Message, button = "Approve"): Promise<string> {
  await click(stage, user, card, { text: button });
  return lastLink(stage, user);
}

/** The one-time link in what this person was shown last, and they alone. */
export function lastLink(stage: Stage, user: string): string {
  return linkIn(JSON.stringify(stage.slack.workspace.ephemerals(user).at(-1)));
}

/** The one-time link in a text. */
export function linkIn(text: string): string {
  const [link] = /https?:\/\/[^\s|>")]+\/(?:confirm|keys|credential)\/[\w-]{43}/.exec(text) ?? [];
  assert.ok(link, `no link in: ${text}`);
  return link;
}

/** What a page's script is answered. */
export interface PageAnswer {
  readonly status: number;
  readonly answer: { readonly code?: string; readonly message?: string; readonly done?: boolean };
}

/** Calls what a page's script calls, as our own page. */
export async function post(link: string, body: unknown, origin = new URL(link).origin): Promise<PageAnswer> {
  const headers = { "content-type": "application/json", origin };
  const response = await fetch(link, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, answer: text === "" ? {} : (JSON.parse(text) as PageAnswer["answer"]) };
}

interface Options extends PageAnswer {
  readonly version: number;
  readonly asked: AskedOfKey;
}

/** What the server wants signed. */
export async function optionsOf(link: string): Promise<Options> {
  const { status, answer } = await post(`${link}/options`, {});
  const { version = 0, options } = answer as { version?: number; options?: { challenge: string } };
  const { origin, hostname } = new URL(link);
  return { status, answer, version, asked: { challenge: options?.challenge ?? "", rpId: hostname, origin } };
}

/** Confirms with a key of software; `changed` changes what it is told to sign. */
export async function confirmSoft(
  link: string,
  key: SoftKey,
  changed: Partial<AskedOfKey> = {},
  twist: Twist = {},
): Promise<PageAnswer> {
  const { version, asked } = await optionsOf(link);
  return await post(link, { version, response: key.sign({ ...asked, ...changed }, twist) });
}

export async function enrolSoft(link: string, key: SoftKey, name: string, twist: Twist = {}): Promise<PageAnswer> {
  const { asked } = await optionsOf(link);
  return await post(link, { name, response: key.enrol(asked, twist) });
}
