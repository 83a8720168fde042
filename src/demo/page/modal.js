/** @import { ActionPayload, Values, View } from "./types.js" */
/** @import { Names } from "./names.js" */
/** @import { Form } from "./form.js" */
import { element } from "./element.js";
import { drawForm } from "./form.js";
import { icon } from "./icon.js";
import { plain } from "./mrkdwn.js";

/**
 * @typedef {object} ModalActions
 * @property {(view: View, values: Values) => Promise<unknown>} submit
 * @property {(view: View) => Promise<unknown>} close
 * @property {(view: View, payload: ActionPayload) => Promise<unknown>} act
 */

/** The first required field that is empty, as Slack itself says it before the app hears of anything. @param {View} view @param {Values} values */
function missing(view, values) {
  /** @type {Record<string, string>} */
  const errors = {};
  for (const block of view.blocks) {
    if (block.type !== "input" || block.optional) continue;
    const held = values[block.block_id ?? ""]?.[block.element?.action_id ?? ""];
    if (held && !held.value && !held.selected_option && !held.selected_options?.length)
      errors[block.block_id ?? ""] = "Please complete this required field.";
  }
  return errors;
}

/** What a form looks like, whatever it holds. @param {View | null} view */
const shapeOf = (view) => JSON.stringify({ ...view, values: null, errors: null, trouble: null });

/** @param {View | null} view */
const complaintsOf = (view) => JSON.stringify([view?.errors, view?.trouble]);

/**
 * The one dialog in which the app's forms appear.
 *
 * @param {ModalActions} actions
 * @returns {{ update(view: View | null, names: Names): void }}
 */
export function createModal(actions) {
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": "modal-title" });
  document.body.append(dialog);
  /** @type {View | null} */
  let shown = null;
  /** @type {Form | null} */
  let form = null;

  const trouble = element("p", { class: "trouble", role: "alert" });

  /** What the app, or its silence, says about what was sent. @param {View} view */
  function complain(view) {
    form?.fail(view.errors);
    trouble.textContent = view.trouble;
    trouble.hidden = view.trouble === null;
  }

  /** @param {View} view @param {Names} names */
  function draw(view, names) {
    const kept = shown?.id === view.id ? (form?.read() ?? {}) : {};
    const focused = document.activeElement?.getAttribute("data-action");
    const drawn = (form = drawForm(view, { kept, names, act: (payload) => actions.act(view, payload) }));
    const close = () => void actions.close(view);
    const send = element("button", { class: "button primary", type: "submit" }, plain(view.submit ?? "Submit"));
    const cancel = element("button", { class: "button", type: "button" }, view.depth > 1 ? "Back" : plain(view.close));
    cancel.addEventListener("click", close);
    const cross = element("button", { class: "icon-button", type: "button", "aria-label": "Close" }, icon("close"));
    cross.addEventListener("click", close);
    const root = element(
      "form",
      { class: "modal", novalidate: true },
      element("header", {}, element("h2", { id: "modal-title" }, plain(view.title)), cross),
      element("div", { class: "modal-body" }, trouble, ...drawn.blocks),
      element("div", { class: "dialog-buttons" }, cancel, view.submit ? send : null),
    );
    root.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!view.submit || send.disabled) return;
      const values = drawn.read();
      const empty = missing(view, values);
      drawn.fail(empty);
      if (Object.keys(empty).length > 0) return;
      send.disabled = true;
      await actions.submit(view, values);
      send.disabled = false;
    });
    dialog.replaceChildren(root);
    if (!dialog.open) dialog.showModal();
    complain(view);
    const wanted = view.blocks.find((block) => block.element?.focus_on_load)?.element?.action_id;
    const fields = [...dialog.querySelectorAll("[data-action]")].filter((field) => field instanceof HTMLElement);
    const target = [focused, wanted].map((action) =>
      fields.find((field) => field.getAttribute("data-action") === action),
    );
    if (Object.keys(view.errors).length === 0) (target.find(Boolean) ?? fields[0] ?? cancel).focus();
  }

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    if (shown) void actions.close(shown);
  });

  return {
    update(view, names) {
      if (!view) {
        shown = form = null;
        if (dialog.open) dialog.close();
        return;
      }
      if (shapeOf(view) !== shapeOf(shown)) draw(view, names);
      else if (complaintsOf(view) !== complaintsOf(shown)) complain(view);
      shown = view;
    },
  };
}
