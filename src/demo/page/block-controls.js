/** @import { ActionPayload, BlockElement } from "./types.js" */
/** @import { Names } from "./names.js" */
import { askFirst } from "./confirm.js";
import { element } from "./element.js";
import { plain } from "./mrkdwn.js";

/** @typedef {(payload: ActionPayload) => Promise<unknown>} Act */

/** @param {BlockElement} control */
const caption = (control) => plain(typeof control.text === "string" ? control.text : (control.text?.text ?? ""));

/**
 * @param {BlockElement} button
 * @param {string} blockId
 * @param {{ names: Names, act: Act }} context
 */
function drawButton(button, blockId, { names, act }) {
  const look = `button ${button.style ?? ""}`.trim();
  if (button.url && /^https?:\/\//i.test(button.url)) {
    // Slack opens the link and tells the app of the click as well.
    const tell = () => void act({ action_id: button.action_id ?? "", block_id: blockId });
    const link = { class: look, href: button.url, target: "_blank", rel: "noopener noreferrer", onclick: tell };
    return element("a", link, caption(button));
  }
  const made = element("button", { class: look, type: "button" }, caption(button));
  // The workspace knows the button's own value, as Slack does: it isn't the client's to send.
  made.addEventListener("click", async () => {
    if (button.confirm && !(await askFirst(button.confirm, names))) return;
    made.disabled = true;
    made.setAttribute("aria-busy", "true");
    await act({ action_id: button.action_id ?? "", block_id: blockId });
    made.disabled = false;
    made.removeAttribute("aria-busy");
  });
  return made;
}

/**
 * The `<select>` for a static_select or an overflow menu.
 *
 * @param {BlockElement} control
 * @param {string} [chosen] - the value that is chosen, where it isn't the first one offered
 */
export function drawSelect(control, chosen = control.initial_option?.value) {
  const made = element("select", { class: "field" });
  const nothing = plain(control.placeholder?.text ?? (control.type === "overflow" ? "More…" : "Choose…"));
  made.append(element("option", { value: "" }, nothing));
  /** @param {import("./types.js").Option} option */
  const draw = (option) => element("option", { value: option.value }, plain(option.text.text));
  for (const option of control.options ?? []) made.append(draw(option));
  for (const group of control.option_groups ?? [])
    made.append(element("optgroup", { label: plain(group.label.text) }, ...group.options.map(draw)));
  made.value = chosen ?? "";
  return made;
}

/** All options of a select, groups flattened. @param {BlockElement} control */
export const optionsOf = (control) => [
  ...(control.options ?? []),
  ...(control.option_groups ?? []).flatMap((group) => group.options),
];

/**
 * A button or menu in a message.
 *
 * @param {BlockElement} control
 * @param {string} blockId
 * @param {{ names: Names, act: Act }} context - `act` is called with what the click means
 * @returns {HTMLElement | null} null for a kind that this page can't draw
 */
export function drawControl(control, blockId, context) {
  if (control.type === "button") return drawButton(control, blockId, context);
  if (control.type !== "static_select" && control.type !== "overflow") return null;
  const made = drawSelect(control);
  made.setAttribute("aria-label", plain(control.placeholder?.text ?? "Choose"));
  made.addEventListener("change", () => {
    const option = optionsOf(control).find(({ value }) => value === made.value);
    if (option) void context.act({ action_id: control.action_id ?? "", block_id: blockId, selected_option: option });
  });
  return made;
}
