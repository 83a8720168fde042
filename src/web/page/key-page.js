/** @import { Signer } from "./calls.js" */
import { byKey, canUseKeys, explain, post } from "./calls.js";

/**
 * The page where something is confirmed with a key, or a key enrolled. It asks the server what to sign, the browser to have it
 * signed, and sends that back. Nothing happens before somebody presses the button.
 */
const form = /** @type {HTMLFormElement} */ (document.getElementById("key-form"));
const go = /** @type {HTMLButtonElement} */ (document.getElementById("go"));
const said = /** @type {HTMLElement} */ (document.getElementById("said"));
const nameField = /** @type {HTMLInputElement | null} */ (document.getElementById("name"));
const { kind = "", until = "0", done = "" } = form.dataset;
const here = location.pathname;

/** @param {string} text @param {"wait" | "wrong" | "right"} tone */
function say(text, tone) {
  said.textContent = text;
  said.className = tone;
}

/** @param {boolean} busy */
function setBusy(busy) {
  for (const button of form.querySelectorAll("button")) button.disabled = busy;
}

/** @param {Signer} signer */
async function run(signer) {
  if (nameField !== null && !nameField.reportValidity()) return;
  setBusy(true);
  say("Asking your browser for the key. Touch it when it blinks.", "wait");
  try {
    const { version, options } = await post(`${here}/options`, {});
    const response = await signer({ kind, options });
    say("Checking…", "wait");
    await post(here, nameField === null ? { version, response } : { name: nameField.value, response });
    finish();
  } catch (error) {
    const { code, text } = explain(error);
    setBusy(false);
    say(text, "wrong");
    // What is shown above is no longer what is.
    if (code === "STEP_UP_STALE") offerReload();
  }
}

function finish() {
  say(`✅ ${done} You can close this page.`, "right");
  for (const part of form.querySelectorAll("button, input, label, .hint")) part.remove();
  clearInterval(clock);
  document.title = `Done · Breakglass`;
}

function offerReload() {
  go.textContent = "Read it again";
  go.onclick = (event) => {
    event.preventDefault();
    location.reload();
  };
}

const clock = setInterval(() => {
  if (Date.now() < Number(until)) return;
  clearInterval(clock);
  setBusy(true);
  say("This link is too old by now. If it still waits for you, click there again: you get a new one.", "wrong");
}, 1_000);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void run(byKey);
});
document.addEventListener("sign-with", (event) => {
  void run(/** @type {CustomEvent<Signer>} */ (event).detail);
});
if (canUseKeys) go.disabled = false;
else say("This browser can't use security keys or passkeys. Open the link in another one.", "wrong");
