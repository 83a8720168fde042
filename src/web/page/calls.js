/**
 * What every page's script does: ask our own server, have a key sign, and say what went wrong.
 *
 * @typedef {{ kind: string, options: unknown }} Asked
 * @typedef {(asked: Asked) => Promise<unknown>} Signer
 * @typedef {{ optionsJSON: unknown }} Browsers  what the script of SimpleWebAuthn takes
 */

/**
 * Asks our server.
 *
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>} its answer; what it refuses is thrown, with its `code`
 */
export async function post(path, body) {
  const response = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    credentials: "omit",
    referrerPolicy: "no-referrer",
  });
  if (response.status === 429) throw new Error("That was too often in a short time. Wait a minute.");
  const answer = await response.json();
  if (response.ok) return answer;
  throw Object.assign(new Error(`${answer.message} ${answer.next}`.trim()), { code: answer.code });
}

/** @type {Signer} */
export async function byKey({ kind: asked, options }) {
  /** @type {Record<"startAuthentication" | "startRegistration", (asked: Browsers) => Promise<unknown>>} */
  const { startAuthentication, startRegistration } = Reflect.get(globalThis, "SimpleWebAuthnBrowser");
  return asked === "enrol"
    ? startRegistration({ optionsJSON: options })
    : startAuthentication({ optionsJSON: options });
}

/**
 * What went wrong, in words.
 *
 * @param {unknown} error
 * @returns {{ code: string, text: string }}
 */
export function explain(error) {
  const { code = "", message = "" } = /** @type {{ code?: string, message?: string }} */ (error);
  if (error instanceof Error && error.name === "NotAllowedError")
    return {
      code,
      text: "The browser got no answer from a key: it was cancelled, took too long, or is another one. Try again.",
    };
  if (error instanceof TypeError) return { code, text: "The server can't be reached just now. Try again." };
  return { code, text: message === "" ? "Something went wrong. Try again." : message };
}

/** Whether this browser can speak with keys at all. */
export const canUseKeys = window.PublicKeyCredential !== undefined;
