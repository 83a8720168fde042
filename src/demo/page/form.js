/** @import { ActionPayload, Block, BlockElement, FieldValue, Values, View } from "./types.js" */
/** @import { Names } from "./names.js" */
/** @import { Field } from "./form-field.js" */
import { drawControl } from "./block-controls.js";
import { element } from "./element.js";
import { formField } from "./form-field.js";
import { plain } from "./mrkdwn.js";
import { renderBlock } from "./render-blocks.js";

/**
 * @typedef {object} Form  the blocks of a view, drawn
 * @property {HTMLElement[]} blocks
 * @property {() => Values} read
 * @property {(errors: Record<string, string>) => void} fail  says on each field what is wrong with it
 */

/**
 * What a form holds, as the workspace takes it: a text, the value of an option, the values of several, or null.
 *
 * @param {Values} values
 */
export function answersOf(values) {
  const answers = Object.entries(values).map(([block, fields]) => {
    const plain = Object.entries(fields).map(([action, field]) => [
      action,
      field.selected_options?.map(({ value }) => value) ??
        field.selected_option?.value ??
        field.selected_date ??
        field.value ??
        null,
    ]);
    return [block, Object.fromEntries(plain)];
  });
  return Object.fromEntries(answers);
}

/** What a change of a field sends, once the app asked to be told. @param {FieldValue} value */
const sent = (value) =>
  value.selected_option
    ? { selected_option: value.selected_option }
    : typeof value.value === "string"
      ? { value: value.value }
      : {};

/**
 * Draws a view's blocks as a form.
 *
 * @param {View} view
 * @param {object} options
 * @param {Values} options.kept - what the person has typed so far: an update of the view must not lose it
 * @param {Names} options.names
 * @param {(payload: ActionPayload) => Promise<unknown>} options.act - a field that the app wants to hear of at once
 * @returns {Form}
 */
export function drawForm(view, { kept, names, act }) {
  /** @type {{ block: string, action: string, field: Field }[]} */
  const fields = [];
  /** @type {Map<string, { root: HTMLElement, note: HTMLElement, field: Field }>} */
  const rows = new Map();

  /** @param {BlockElement} control @param {string} block @param {boolean} tells */
  function makeField(control, block, tells) {
    const action = control.action_id ?? "";
    const field = formField(control, kept[block]?.[action] ?? view.values[block]?.[action]);
    if (!field) return null;
    fields.push({ block, action, field });
    field.focus.setAttribute("data-action", action);
    const tell = () => void act({ action_id: action, block_id: block, ...sent(field.read()) });
    const text = control.type === "plain_text_input";
    if (tells && text && control.dispatch_action_config?.trigger_actions_on?.includes("on_character_entered"))
      field.root.addEventListener("input", tell);
    else if (tells && !text) field.root.addEventListener("change", tell);
    if (text && !control.multiline)
      field.root.addEventListener("keydown", (event) => {
        if (!tells || event.key !== "Enter") return;
        event.preventDefault();
        tell();
      });
    return field;
  }

  /** @param {Block} block @param {number} number */
  function drawInput(block, number) {
    const id = block.block_id ?? "";
    const field = block.element && makeField(block.element, id, block.dispatch_action === true);
    if (!field) return null;
    const [control, note] = [`field-${number}`, element("p", { class: "field-error", id: `field-${number}-error` })];
    note.hidden = true;
    field.focus.id = control;
    const words = plain(block.label?.text ?? "");
    const label = element("label", { for: control, id: `${control}-label` }, words);
    if (block.optional) label.append(element("span", { class: "optional" }, " (optional)"));
    field.focus.setAttribute("aria-labelledby", `${control}-label`);
    field.focus.setAttribute("aria-describedby", `${control}-hint ${control}-error`);
    const hint = block.hint && element("p", { class: "hint", id: `${control}-hint` }, plain(block.hint.text));
    const root = element("div", { class: "block input" }, label, field.root, note, hint);
    rows.set(id, { root, note, field });
    return root;
  }

  /** @type {typeof drawControl} */
  const control = (part, block, context) => {
    const field = makeField(part, block, true);
    if (!field) return drawControl(part, block, context);
    field.focus.setAttribute("aria-label", plain(part.placeholder?.text ?? "Choose"));
    return field.root;
  };

  const blocks = view.blocks.map((block, number) =>
    block.type === "input" ? drawInput(block, number) : renderBlock(block, { names, act, control }),
  );
  return {
    blocks: blocks.filter((block) => block !== null),
    read() {
      /** @type {Values} */
      const values = {};
      for (const { block, action, field } of fields) (values[block] ??= {})[action] = field.read();
      return values;
    },
    fail(errors) {
      for (const [block, row] of rows) {
        row.note.textContent = errors[block] ?? "";
        row.note.hidden = errors[block] === undefined;
        row.root.classList.toggle("wrong", errors[block] !== undefined);
        row.field.focus.setAttribute("aria-invalid", String(errors[block] !== undefined));
      }
      [...rows].find(([block]) => errors[block] !== undefined)?.[1].field.focus.focus();
    },
  };
}
