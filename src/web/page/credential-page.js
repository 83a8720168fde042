/** @import { Signer } from "./calls.js" */
import { byKey, canUseKeys, explain, post } from "./calls.js";
import { copyButton } from "./copy.js";

/**
 * The page where a secret is shown, once. The secret stands in this page and nowhere else: not in its address, not in the browser's
 * storage. What the page keeps there is a text of its own that binds the link to this tab, so that it can ask again for what was
 * lost on the way; as soon as the secret is shown, it says so, and nothing opens it any more.
 */
const form = part("credential-form", HTMLFormElement);
const go = part("go", HTMLButtonElement);
const said = part("said", HTMLElement);
const secret = part("secret", HTMLElement);
const user = part("user", HTMLInputElement);
const password = part("password", HTMLInputElement);
const connect = part("connect", HTMLElement);
const look = part("look", HTMLButtonElement);
const left = part("left", HTMLElement);
/** Not there for a password that is the same for everybody. */
const rotate = document.getElementById("rotate");
const end = part("end", HTMLButtonElement);
const { until = "0" } = form.dataset;
const takesKey = form.dataset["key"] === "yes";
const here = location.pathname;
const claim = ownText();

const LOOK_EVERY_MS = 3_000;
const SOON_MS = 300;
const ACK_TRIES = 6;

/** When access ends, by this page's own clock: the machine's may be wrong. */
let endsAt = 0;
/** @type {ReturnType<typeof setInterval> | undefined} */
let clock;

/**
 * @template {HTMLElement} T
 * @param {string} id @param {new () => T} kind @returns {T}
 */
function part(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`the page has no ${id}`);
}

/** 32 random bytes that only this tab knows, also after it is loaded again, if the browser keeps anything for it. */
function ownText() {
  const name = `claim ${here}`;
  const kept = storage()?.getItem(name);
  if (typeof kept === "string") return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const text = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  storage()?.setItem(name, text);
  return text;
}

function storage() {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/** @param {string} text @param {"wait" | "wrong" | "right"} tone */
function say(text, tone) {
  said.textContent = text;
  said.className = tone;
}

/** @param {boolean} busy */
function setBusy(busy) {
  for (const button of document.querySelectorAll("form button, .deeds button"))
    /** @type {HTMLButtonElement} */ (button).disabled = busy;
}

/** @param {unknown} error */
function complain(error) {
  const { code, text } = explain(error);
  setBusy(false);
  say(text, "wrong");
  if (code === "STEP_UP_STALE") {
    go.textContent = "Read it again";
    go.onclick = (event) => {
      event.preventDefault();
      location.reload();
    };
  }
}

/** @param {Signer} signer */
async function open(signer) {
  setBusy(true);
  try {
    const { version, options } = await post(`${here}/options`, { claim });
    let signed;
    if (options !== undefined) {
      say("Asking your browser for the key. Touch it when it blinks.", "wait");
      signed = { version, response: await signer({ kind: "confirm", options }) };
    }
    say("Opening…", "wait");
    show(await post(here, { claim, signed }));
    await saySo();
  } catch (error) {
    complain(error);
  }
}

/** @param {{ user: string, password: string, connect?: string, leftMs: number }} shown */
function show(shown) {
  user.value = shown.user;
  password.value = shown.password;
  connect.textContent = shown.connect ?? "";
  part("connect-row", HTMLElement).hidden = shown.connect === undefined;
  form.hidden = true;
  secret.hidden = false;
  setBusy(false);
  say("", "wait");
  document.title = "Your credential · Breakglass";
  part("secret-title", HTMLElement).focus();
  endsAt = performance.now() + shown.leftMs;
  clearInterval(linkClock);
  tick();
  clock = setInterval(tick, 1_000);
  setTimeout(watch, LOOK_EVERY_MS);
}

/** Until this has come, the same page may ask once more. */
async function saySo() {
  for (let tries = 0; tries < ACK_TRIES; tries++) {
    try {
      await post(`${here}/shown`, { claim });
      return;
    } catch {
      await pause(SOON_MS * 2 ** tries);
    }
  }
}

function tick() {
  const seconds = Math.max(0, Math.ceil((endsAt - performance.now()) / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
  left.textContent = hours === 0 ? rest : `${hours}:${rest.padStart(5, "0")}`;
  if (seconds === 0) over("Time is up.");
}

/** Somebody may have ended it. */
async function watch() {
  if (secret.hidden) return;
  try {
    const { leftMs } = await post(`${here}/standing`, { claim });
    if (leftMs === undefined) over("This access was ended.");
    else endsAt = performance.now() + leftMs;
  } catch {
    // The countdown goes on, and the next look asks again.
  }
  setTimeout(watch, LOOK_EVERY_MS);
}

/** Whether it is gone at the target is not known here: chat says that once it was looked. @param {string} text */
function over(text) {
  forget();
  part("mark", HTMLElement).textContent = "⚪";
  say(`⚪ ${text} Chat says how it stands.`, "right");
}

/** Nothing of it stays in the page. */
function forget() {
  clearInterval(clock);
  user.value = "";
  password.value = "";
  connect.textContent = "";
  secret.hidden = true;
}

async function freshOne() {
  setBusy(true);
  say("A fresh password is being made…", "wait");
  try {
    const before = await post(`${here}/standing`, { claim });
    await post(`${here}/rotate`, { claim });
    for (;;) {
      await pause(SOON_MS);
      const now = await post(`${here}/standing`, { claim });
      if (now.leftMs === undefined) return over("This access was ended.");
      if (now.number !== before.number) break;
      if (!now.rotating)
        throw new Error(`A fresh password could not be made: ${now.problem ?? ""} Try again, or end the access.`);
    }
    const { link } = await post(`${here}/fresh`, { claim });
    forget();
    location.replace(link);
  } catch (error) {
    complain(error);
  }
}

async function endNow() {
  setBusy(true);
  try {
    await post(`${here}/end`, { claim });
    over("It is being ended.");
  } catch (error) {
    complain(error);
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const linkClock = setInterval(() => {
  if (Date.now() < Number(until)) return;
  clearInterval(linkClock);
  setBusy(true);
  say("This link is too old by now. Click the button in your direct message again: you get a new one.", "wrong");
}, 1_000);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void open(byKey);
});
document.addEventListener("sign-with", (event) => {
  void open(/** @type {CustomEvent<Signer>} */ (event).detail);
});
look.addEventListener("click", () => {
  const isHidden = password.type === "password";
  password.type = isHidden ? "text" : "password";
  look.textContent = isHidden ? "Hide" : "Show";
});
rotate?.addEventListener("click", () => void freshOne());
end.addEventListener("click", () => void endNow());
window.addEventListener("pagehide", forget);
copyButton(part("copy-user", HTMLButtonElement), () => user.value);
copyButton(part("copy-password", HTMLButtonElement), () => password.value);
copyButton(part("copy-connect", HTMLButtonElement), () => connect.textContent ?? "");
if (!takesKey || canUseKeys) go.disabled = false;
else say("This browser can't use security keys or passkeys. Open the link in another one.", "wrong");
