import { z } from "zod";
import type { HttpSource } from "../domain/policy/facts-schema.ts";
import { Secret } from "../secret.ts";
import { askJson, type Question } from "./ask-json.ts";
import { Unreadable, type OnCall } from "./reading.ts";

const onCallSchema = z.object({ onCall: z.array(z.string().min(1)).max(1_000) });
const incidentSchema = z.object({ open: z.boolean() });

/** What an incident is asked about. What people typed is not sent. */
export interface AskedIncident {
  readonly target: string;
  readonly role: string;
  /** The incident's own channel, where it was asked for in one. */
  readonly channel: string | undefined;
}

/**
 * Who is on call by a service of the user's own: `{ "onCall": ["alice@acme.test"] }`, e-mail addresses or people of the policy.
 *
 * @throws {@link Unreadable}
 */
export async function ownOnCall(source: HttpSource, signal: AbortSignal): Promise<OnCall[]> {
  const answer = onCallSchema.safeParse(await askJson(question(source, {}), signal));
  if (!answer.success) throw new Unreadable(`${hostOf(source)} answered something else than { "onCall": [ … ] }`);
  return answer.data.onCall.map((name) => (name.includes("@") ? { email: name } : { person: name }));
}

/**
 * Whether an incident is open by a service of the user's own: `{ "open": true }`.
 *
 * @throws {@link Unreadable}
 */
export async function ownIncident(source: HttpSource, about: AskedIncident, signal: AbortSignal): Promise<boolean> {
  const answer = incidentSchema.safeParse(await askJson(question(source, about), signal));
  if (!answer.success) throw new Unreadable(`${hostOf(source)} answered something else than { "open": true }`);
  return answer.data.open;
}

function question({ url, header, ...rest }: HttpSource, about: Partial<AskedIncident>): Question {
  const asked = new URL(url);
  for (const [name, value] of Object.entries(about)) if (value !== undefined) asked.searchParams.append(name, value);
  const [, name = "", value = ""] = /^([^:]+): (.+)$/s.exec(header?.reveal() ?? "") ?? [];
  const headers = { accept: "application/json", ...(name === "" ? {} : { [name]: new Secret(value) }) };
  return { who: hostOf({ url, ...rest }), url: asked, headers };
}

function hostOf({ url }: HttpSource): string {
  return new URL(url).host;
}
