/** @import { BlockElement, FieldValue } from "./types.js" */
import { drawSelect, optionsOf } from "./block-controls.js";
import { element } from "./element.js";
import { plain } from "./mrkdwn.js";

/**
 * @typedef {object} Field  one control of a form
 * @property {HTMLElement} root
 * @property {HTMLElement} focus  what takes the focus, and what a label and an error belong to
 * @property {() => FieldValue} read  its value as Slack's `state.values` has it
 */

/** @param {BlockElement} control @param {FieldValue | undefined} kept @returns {Field} */
function textField(control, kept) {
  const attributes = { class: "field", maxlength: control.max_length, placeholder: control.placeholder?.text };
  const made = control.multiline
    ? element("textarea", { ...attributes, rows: 4 })
    : element("input", { ...attributes, type: "text", autocomplete: "off" });
  made.value = kept?.value ?? control.initial_value ?? "";
  return {
    root: made,
    focus: made,
    read: () => ({ type: control.type, value: made.value === "" ? null : made.value }),
  };
}

/** @param {BlockElement} control @param {FieldValue | undefined} kept @returns {Field} */
function selectField(control, kept) {
  const options = optionsOf(control);
  const still = options.some(({ value }) => value === kept?.selected_option?.value);
  const made = drawSelect(control, still ? kept?.selected_option?.value : undefined);
  const read = () => ({
    type: control.type,
    selected_option: options.find(({ value }) => value === made.value) ?? null,
  });
  return { root: made, focus: made, read };
}

/** @param {BlockElement} control @param {FieldValue | undefined} kept @returns {Field} */
function dateField(control, kept) {
  const made = element("input", { class: "field", type: "date" });
  made.value = kept?.selected_date ?? "";
  return {
    root: made,
    focus: made,
    read: () => ({ type: control.type, selected_date: made.value === "" ? null : made.value }),
  };
}

/** @param {BlockElement} control @param {FieldValue | undefined} kept @returns {Field} */
function choiceField(control, kept) {
  const many = control.type === "checkboxes";
  const before = kept
    ? [kept.selected_option, ...(kept.selected_options ?? [])]
    : [control.initial_option, ...(control.initial_options ?? [])];
  const root = element("div", { class: "choices", role: many ? "group" : "radiogroup", tabindex: -1 });
  const options = optionsOf(control);
  const boxes = options.map((option) => {
    const box = element("input", { type: many ? "checkbox" : "radio", name: `choice-${control.action_id}` });
    box.checked = before.some((chosen) => chosen?.value === option.value);
    const words = element("span", {}, plain(option.text.text));
    if (option.description) words.append(element("small", {}, plain(option.description.text)));
    root.append(element("label", {}, box, words));
    return box;
  });
  const read = () => {
    const chosen = options.filter((_, number) => boxes[number]?.checked);
    return many
      ? { type: control.type, selected_options: chosen }
      : { type: control.type, selected_option: chosen[0] ?? null };
  };
  return { root, focus: root, read };
}

/**
 * A control of a form that holds a value; null for one that doesn't, such as a button.
 *
 * @param {BlockElement} control
 * @param {FieldValue | undefined} kept - what the person had put in before the form was drawn anew
 * @returns {Field | null}
 */
export function formField(control, kept) {
  switch (control.type) {
    case "plain_text_input":
      return textField(control, kept);
    case "static_select":
      return selectField(control, kept);
    case "datepicker":
      return dateField(control, kept);
    case "radio_buttons":
    case "checkboxes":
      return choiceField(control, kept);
    default:
      return null;
  }
}
