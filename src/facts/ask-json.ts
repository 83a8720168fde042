import type { Secret } from "../secret.ts";
import { Unreadable } from "./reading.ts";

/** More than any answer that is meant for us. */
const BODY_MAX = 1_000_000;

export interface Question {
  /** How the source is called where it fails: `PagerDuty`. */
  readonly who: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | Secret>>;
}

/**
 * Asks another program for JSON. Its address is the only one that is asked: what it redirects to would get the secret.
 *
 * @throws {@link Unreadable}, whose words hold neither the secret nor what was answered
 */
export async function askJson({ who, url, headers }: Question, signal: AbortSignal): Promise<unknown> {
  const sent = Object.entries(headers).map(([name, value]): [string, string] => {
    const text = typeof value === "string" ? value : value.reveal();
    // A process that was not given the environment's value reads the policy all the same.
    if (text.includes("${")) throw new Unreadable(`the secret for ${who} is not set here`);
    return [name, text];
  });
  let response: Response;
  try {
    response = await fetch(url, { headers: Object.fromEntries(sent), redirect: "manual", signal });
  } catch (error) {
    throw new Unreadable(signal.aborted ? `${who} did not answer in time` : `${who} could not be reached`, {
      cause: error,
    });
  }
  if (response.status !== 200) {
    await response.body?.cancel().catch(() => undefined);
    throw new Unreadable(`${who} ${saidBy(response.status)}`);
  }
  try {
    return JSON.parse(await textOf(response)) as unknown;
  } catch (error) {
    throw new Unreadable(
      signal.aborted ? `${who} did not answer in time` : `${who} answered something else than JSON`,
      {
        cause: error,
      },
    );
  }
}

function saidBy(status: number): string {
  if (status === 401 || status === 403) return `does not let us in (${status})`;
  if (status === 404) return "knows no such schedule or address (404)";
  if (status === 429) return "asks to wait (429)";
  if (status >= 300 && status < 400) return `wants us elsewhere (${status}), where we don't go`;
  return `answered ${status}`;
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > BODY_MAX) throw new Error("too long");
  }
  return text + decoder.decode();
}
