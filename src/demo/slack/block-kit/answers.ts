import type { Option } from "./composition.ts";
import { choicesOf } from "./elements.ts";
import type { Element } from "./elements.ts";

/** What a person puts into an element: text, an option by its value or its label, ids, or nothing. */
export type Answer = string | number | readonly string[] | Option | null;
/** The same as Slack sends it, under a key that depends on the element's type. */
export type StateValue = { type: string } & Record<string, unknown>;

function optionFor(choices: readonly Option[], answer: string): Option {
  const found = choices.find((one) => one.value === answer) ?? choices.find((one) => one.text.text === answer);
  if (found !== undefined) return found;
  throw new Error(`the menu has no option "${answer}", only: ${choices.map((one) => one.value).join(", ")}`);
}

/** The option of an external menu is whatever its source gave. */
const loose = (answer: string): Option => ({ text: { type: "plain_text", text: answer }, value: answer });

function isOption(answer: Answer | undefined): answer is Option {
  return typeof answer === "object" && answer !== null && "value" in answer;
}

function chosen(element: Element, answer: Answer): Option {
  if (isOption(answer)) return answer;
  if (element.type === "external_select" || element.type === "multi_external_select") return loose(typed(answer) ?? "");
  const choices = "options" in element ? choicesOf(element) : [];
  return optionFor(choices, typed(answer) ?? "");
}

function listed(answer: Answer): readonly string[] {
  if (isOption(answer)) return [answer.value];
  if (typeof answer === "object") return answer ?? [];
  return [String(answer)];
}

/** Text as an input holds it: null for none. */
function typed(answer: Answer | undefined): string | null {
  if (typeof answer === "object" && answer !== null) return listed(answer).join(",");
  return answer === undefined || answer === null ? null : String(answer);
}

/**
 * What an element holds, as Slack sends it in `state.values`.
 *
 * @param element - the element as the bot drew it
 * @param answer - what the person put in; undefined for what it started with
 * @returns null for what holds nothing: buttons, overflow menus, images
 */
export function stateValue(element: Element, answer?: Answer): StateValue | null {
  const { type } = element;
  switch (type) {
    case "button":
    case "overflow":
    case "image":
      return null;
    case "plain_text_input":
    case "email_text_input":
    case "url_text_input":
    case "number_input": {
      const text = typed(answer === undefined ? element.initial_value : answer);
      return { type, value: text === "" ? null : text };
    }
    case "static_select":
    case "external_select":
    case "radio_buttons": {
      if (answer === undefined) return { type, selected_option: element.initial_option ?? null };
      return { type, selected_option: answer === null || answer === "" ? null : chosen(element, answer) };
    }
    case "multi_static_select":
    case "multi_external_select":
    case "checkboxes": {
      if (answer === undefined) return { type, selected_options: element.initial_options ?? [] };
      return { type, selected_options: answer === null ? [] : listed(answer).map((one) => chosen(element, one)) };
    }
    case "users_select":
      return { type, selected_user: typed(answer === undefined ? element.initial_user : answer) };
    case "conversations_select":
      return { type, selected_conversation: typed(answer === undefined ? element.initial_conversation : answer) };
    case "channels_select":
      return { type, selected_channel: typed(answer === undefined ? element.initial_channel : answer) };
    case "multi_users_select":
      return { type, selected_users: listed(answer ?? element.initial_users ?? []) };
    case "multi_conversations_select":
      return { type, selected_conversations: listed(answer ?? element.initial_conversations ?? []) };
    case "multi_channels_select":
      return { type, selected_channels: listed(answer ?? element.initial_channels ?? []) };
    case "datepicker":
      return { type, selected_date: typed(answer === undefined ? element.initial_date : answer) };
    case "timepicker":
      return { type, selected_time: typed(answer === undefined ? element.initial_time : answer) };
    case "datetimepicker": {
      const at = answer === undefined ? element.initial_date_time : answer;
      return { type, selected_date_time: at === undefined || at === null ? null : Number(at) };
    }
  }
}

/** Whether a value says that the person put nothing in. */
export function isEmpty(value: StateValue): boolean {
  return Object.entries(value).every(
    ([key, held]) => key === "type" || held === null || (Array.isArray(held) && held.length === 0),
  );
}
