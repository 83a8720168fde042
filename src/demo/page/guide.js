/** @import { Snapshot } from "./types.js" */
import { byId, element } from "./element.js";
import { icon } from "./icon.js";
import { textsOf } from "./message-text.js";

/** The request that the first step suggests. */
export const EXAMPLE = "/breakglass orders-db writer 15m INC-42 orders stuck";

/**
 * @typedef {object} GuideActions
 * @property {() => void} ask  be Alice, with the example typed
 * @property {() => unknown} approve  be Carol, where approvals are asked for
 * @property {() => unknown} use  be Alice, with the console open
 * @property {() => void} watch  see the thread
 * @property {() => void} judge  be Bob, where the review is
 */

/**
 * Which steps the workspace itself shows to be done.
 *
 * @param {Snapshot} snapshot
 */
function progress(snapshot) {
  const told = Object.values(snapshot.messages)
    .flat()
    .filter((message) => message.bot !== undefined && !message.ephemeral)
    .map(textsOf)
    // A drill does by itself what is to be done here.
    .filter((text) => !text.includes("DRILL · "))
    .join("\n");
  return {
    ask: /\bBG-[0-9A-HJKMNP-TV-Z]{6}\b/.test(told),
    approve: /Access is on/.test(told),
    watch: /Gone, and checked/.test(told),
    judge: /Reviewed by/.test(told),
  };
}

/**
 * The first steps for a newcomer. A step that was done stays done while the tab lives.
 *
 * @param {GuideActions} actions
 * @param {Storage} storage
 * @returns {{ update(snapshot: Snapshot): void, done(step: keyof GuideActions): void }}
 */
export function createGuide(actions, storage) {
  const root = byId("guide", HTMLElement);
  /** @type {{ id: keyof GuideActions, title: string, text: (string | Node)[], button: string }[]} */
  const steps = [
    {
      id: "ask",
      title: "Ask for access",
      text: ["You are Alice, on call; 97 orders are stuck. Send ", element("code", {}, EXAMPLE)],
      button: "Type it for me",
    },
    {
      id: "approve",
      title: "Approve as a lead",
      text: ["Become Carol and approve in #approvals. Mallory may try, too."],
      button: "Become Carol",
    },
    {
      id: "use",
      title: "Use it",
      text: [
        "Become Alice again. Open the credential from her direct message, copy the password into the console, run a query. What it was stands in the thread a moment later, and what is unusual: try to delete all orders.",
      ],
      button: "Become Alice",
    },
    {
      id: "watch",
      title: "Watch it end",
      text: ["At its deadline, or when Alice ends it, the live session is closed, and the end is checked."],
      button: "Show the thread",
    },
    {
      id: "judge",
      title: "Review it",
      text: [
        "Become Bob, who neither asked nor approved, and press Review. Then open the record that comes into the thread.",
      ],
      button: "Become Bob",
    },
  ];
  /** @param {string} id */
  const isDone = (id) => storage.getItem(`guide ${id}`) !== null;
  const list = element("ol", {});
  const count = element("span", { class: "guide-count" });
  const hide = element("button", { class: "icon-button", type: "button", "aria-label": "Hide the first steps" });
  hide.append(icon("close"));
  hide.addEventListener("click", () => {
    storage.setItem("guide hidden", "yes");
    root.hidden = true;
  });
  root.hidden = storage.getItem("guide hidden") !== null;
  root.append(element("header", {}, element("h2", {}, "First steps"), count, hide), list);

  function draw() {
    const next = steps.find(({ id }) => !isDone(id));
    count.textContent = `${steps.filter(({ id }) => isDone(id)).length} of ${steps.length}`;
    list.replaceChildren(
      ...steps.map((step, number) => {
        const finished = isDone(step.id);
        const mark = element(
          "span",
          { class: "step-mark", "aria-hidden": true },
          finished ? icon("check") : `${number + 1}`,
        );
        const title = element("span", { class: "step-title" }, step.title);
        if (finished) title.append(element("span", { class: "unseen" }, " (done)"));
        const button = element(
          "button",
          { class: "button small", type: "button", onclick: actions[step.id] },
          step.button,
        );
        const open = step === next && [element("p", {}, ...step.text), button];
        const look = finished ? "step done" : open ? "step next" : "step";
        return element(
          "li",
          { class: look, "aria-current": open ? "step" : undefined },
          mark,
          element("div", {}, title, ...(open || [])),
        );
      }),
    );
    if (!next)
      list.append(
        element(
          "li",
          { class: "step-end" },
          "That is all there is to it. Ask again, deny one, try the form: /breakglass. Or run a drill, at the top: the whole way by itself.",
        ),
      );
  }

  /** @type {string} */
  let drawn = "";
  const refresh = () => {
    const state = steps.map(({ id }) => isDone(id)).join();
    if (state !== drawn) draw();
    drawn = state;
  };
  refresh();

  /** @param {keyof GuideActions} step */
  const done = (step) => {
    storage.setItem(`guide ${step}`, "done");
    refresh();
  };
  return {
    done,
    update(snapshot) {
      for (const [step, reached] of Object.entries(progress(snapshot)))
        if (reached) done(/** @type {keyof GuideActions} */ (step));
    },
  };
}
