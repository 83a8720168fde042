/** @import { WayIn } from "./credential.js" */
/** @import { Answer } from "./query-result.js" */
import { call } from "./api.js";
import { copyButton } from "./copy-button.js";
import { element } from "./element.js";
import { renderResult } from "./query-result.js";

/** Queries of the story: see what is stuck, free it, and what nobody should do (the database refuses it: events hang on orders). */
const EXAMPLES = [
  { name: "Count by status", sql: "SELECT status, count(*) FROM orders GROUP BY status" },
  { name: "Free stuck orders", sql: "UPDATE orders SET status='queued' WHERE status='stuck'" },
  { name: "Delete all orders", sql: "DELETE FROM orders" },
];

/** What is said, plainly, once access is over. */
const ENDED = "The database closed the session: access has ended.";

/** How often an open session is looked after, in milliseconds. */
const LOOK_EVERY = 2000;

/** @typedef {"none" | "open" | "ended"} Session */

const STATUS = { none: "Not connected", open: "Live session", ended: "Session closed" };

/**
 * The orders database's console: one person's user, password and queries.
 *
 * @param {{ worked(): void }} tell - `worked`: a query went through
 * @returns {{ root: HTMLElement, fill(way: WayIn): void, look(): void, stop(): void }}
 */
export function createConsole(tell) {
  const status = element("span", { class: "pill none", role: "status" }, STATUS.none);
  const leave = element("button", { class: "button small", type: "button", hidden: true }, "Disconnect");
  const user = element("input", { id: "db-user", class: "field mono", autocomplete: "off", spellcheck: "false" });
  const password = element("input", { id: "db-password", class: "field mono", type: "password", autocomplete: "off" });
  const origin = element(
    "p",
    { class: "hint" },
    "Once access is on, a direct message has the user, and a button that opens the password.",
  );
  const psql = element("code", {});
  const own = element(
    "div",
    { class: "psql", hidden: true },
    psql,
    copyButton("Copy the psql line", () => psql.textContent),
  );
  const sql = element("textarea", { id: "db-sql", class: "field mono", rows: 3, spellcheck: "false" });
  const run = element("button", { class: "button primary", type: "submit" }, "Run");
  const notice = element("p", { class: "session-over", role: "alert", hidden: true }, ENDED);
  const results = element("ol", { class: "results", "aria-label": "Results, newest first" });
  const examples = EXAMPLES.map(({ name, sql: text }) =>
    element("button", { class: "chip", type: "button", title: text, onclick: () => (sql.value = text) }, name),
  );
  sql.value = EXAMPLES[0]?.sql ?? "";
  const form = element(
    "form",
    { class: "console-form" },
    element("div", { class: "pair" }, labelled("User", user), labelled("Password", password)),
    origin,
    own,
    labelled("SQL", sql),
    element("div", { class: "chips" }, ...examples, run),
  );
  const root = element(
    "div",
    { class: "console" },
    element("div", { class: "console-status" }, status, leave),
    form,
    notice,
    results,
  );
  /** @type {Session} */
  let session = "none";
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;

  /** @param {Session} now */
  function show(now) {
    session = now;
    status.textContent = now === "open" ? `${STATUS.open} as ${user.value}` : STATUS[now];
    status.className = `pill ${now}`;
    notice.hidden = now !== "ended";
    leave.hidden = now !== "open";
    clearInterval(timer);
    if (now === "open") timer = setInterval(look, LOOK_EVERY);
  }

  /** Asks whether the session still lives: its end shows without another query. */
  async function look() {
    if (session !== "open") return;
    const answer = await call("/demo/session", { user: user.value }).catch(() => null);
    if (answer?.session === "ended" && session === "open") show("ended");
  }

  leave.addEventListener("click", async () => {
    await call("/demo/disconnect", { user: user.value }).catch(() => null);
    show("none");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (run.disabled) return;
    run.disabled = true;
    /** @type {Answer} */
    const answer = await call("/demo/query", { user: user.value, password: password.value, sql: sql.value }).catch(
      (thrown) => ({ error: String(thrown.message) }),
    );
    run.disabled = false;
    results.prepend(renderResult(sql.value, answer));
    while (results.children.length > 8) results.lastElementChild?.remove();
    if (answer.ended) show("ended");
    else if (!answer.error) show("open");
    if (!answer.error) tell.worked();
  });
  sql.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  return {
    root,
    fill(way) {
      if (way.user === user.value) return;
      user.value = way.user;
      password.value = "";
      origin.textContent =
        "The user is from your direct message. Its button opens the password, once: copy it here, or connect from your own terminal:";
      psql.textContent = way.psql;
      own.hidden = way.psql === null;
      show("none");
    },
    look: () => void look(),
    stop: () => clearInterval(timer),
  };
}

/** @param {string} words @param {HTMLElement} control */
function labelled(words, control) {
  return element("div", { class: "labelled" }, element("label", { for: control.id }, words), control);
}
