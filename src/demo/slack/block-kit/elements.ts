import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { anyText, characters, confirmation, markedOption, option, optionGroup, plainText } from "./composition.ts";
import type { Option } from "./composition.ts";

const named = { action_id: characters(255).optional() };
const focusable = { ...named, focus_on_load: z.boolean().optional() };
const asking = { ...focusable, placeholder: plainText(150).optional(), confirm: confirmation.optional() };
const typing = {
  ...focusable,
  placeholder: plainText(150).optional(),
  dispatch_action_config: z
    .strictObject({ trigger_actions_on: z.array(z.enum(["on_enter_pressed", "on_character_entered"])).max(2) })
    .optional(),
};
const several = { max_selected_items: z.int().min(1).optional() };
const ids = z.array(z.string());
const conversationFilter = z
  .strictObject({
    include: z
      .array(z.enum(["im", "mpim", "private", "public"]))
      .min(1)
      .optional(),
    exclude_external_shared_channels: z.boolean().optional(),
    exclude_bot_users: z.boolean().optional(),
  })
  .optional();

type Choices = {
  options?: Option[] | undefined;
  option_groups?: { options: Option[] }[] | undefined;
  initial_option?: Option | undefined;
  initial_options?: Option[] | undefined;
};

/** Every choice of a menu, whether grouped or not. */
export function choicesOf(menu: Choices): Option[] {
  return [...(menu.options ?? []), ...(menu.option_groups ?? []).flatMap((group) => group.options)];
}

function hasOneKindOfOptions(menu: Choices): boolean {
  return (menu.options === undefined) !== (menu.option_groups === undefined);
}

function startsWithItsOwn(menu: Choices): boolean {
  const initial = [...(menu.initial_option ? [menu.initial_option] : []), ...(menu.initial_options ?? [])];
  return initial.every((one) => choicesOf(menu).some((choice) => isDeepStrictEqual(choice, one)));
}

const EITHER = { error: "must provide either options or option_groups" };
const INITIAL = { error: "initial option must be one of the provided options" };
const menu = {
  options: z.array(option).min(1).max(100).optional(),
  option_groups: z.array(optionGroup).min(1).max(100).optional(),
};
const marked = { options: z.array(markedOption).min(1).max(10) };

const button = z.strictObject({
  type: z.literal("button"),
  text: plainText(75),
  ...named,
  value: z.string().max(2000).optional(),
  url: z.string().max(3000).optional(),
  style: z.enum(["primary", "danger"]).optional(),
  confirm: confirmation.optional(),
  accessibility_label: z.string().max(75).optional(),
});

const image = z.strictObject({
  type: z.literal("image"),
  image_url: z.url({ protocol: /^https?$/ }).max(3000),
  alt_text: characters(2000),
});

const selects = [
  z
    .strictObject({ type: z.literal("static_select"), ...asking, ...menu, initial_option: option.optional() })
    .refine(hasOneKindOfOptions, EITHER)
    .refine(startsWithItsOwn, INITIAL),
  z
    .strictObject({
      type: z.literal("multi_static_select"),
      ...asking,
      ...several,
      ...menu,
      initial_options: z.array(option).min(1).optional(),
    })
    .refine(hasOneKindOfOptions, EITHER)
    .refine(startsWithItsOwn, INITIAL),
  z.strictObject({
    type: z.literal("external_select"),
    ...asking,
    initial_option: option.optional(),
    min_query_length: z.int().min(0).optional(),
  }),
  z.strictObject({
    type: z.literal("multi_external_select"),
    ...asking,
    ...several,
    initial_options: z.array(option).optional(),
    min_query_length: z.int().min(0).optional(),
  }),
  z.strictObject({ type: z.literal("users_select"), ...asking, initial_user: z.string().optional() }),
  z.strictObject({ type: z.literal("multi_users_select"), ...asking, ...several, initial_users: ids.optional() }),
  z.strictObject({
    type: z.literal("conversations_select"),
    ...asking,
    initial_conversation: z.string().optional(),
    default_to_current_conversation: z.boolean().optional(),
    response_url_enabled: z.boolean().optional(),
    filter: conversationFilter,
  }),
  z.strictObject({
    type: z.literal("multi_conversations_select"),
    ...asking,
    ...several,
    initial_conversations: ids.optional(),
    default_to_current_conversation: z.boolean().optional(),
    filter: conversationFilter,
  }),
  z.strictObject({
    type: z.literal("channels_select"),
    ...asking,
    initial_channel: z.string().optional(),
    response_url_enabled: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal("multi_channels_select"), ...asking, ...several, initial_channels: ids.optional() }),
] as const;

const pickers = [
  z.strictObject({ type: z.literal("datepicker"), ...asking, initial_date: z.iso.date().optional() }),
  z.strictObject({
    type: z.literal("timepicker"),
    ...asking,
    initial_time: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .optional(),
    timezone: z.string().optional(),
  }),
  z
    .strictObject({
      type: z.literal("radio_buttons"),
      ...focusable,
      confirm: confirmation.optional(),
      ...marked,
      initial_option: markedOption.optional(),
    })
    .refine(startsWithItsOwn, INITIAL),
  z
    .strictObject({
      type: z.literal("checkboxes"),
      ...focusable,
      confirm: confirmation.optional(),
      ...marked,
      initial_options: z.array(markedOption).min(1).optional(),
    })
    .refine(startsWithItsOwn, INITIAL),
] as const;

const overflow = z.strictObject({
  type: z.literal("overflow"),
  ...named,
  confirm: confirmation.optional(),
  options: z.array(option).min(1).max(5),
});

const datetimepicker = z.strictObject({
  type: z.literal("datetimepicker"),
  ...focusable,
  confirm: confirmation.optional(),
  initial_date_time: z.int().min(1_000_000_000).max(9_999_999_999).optional(),
});

const plainTextInput = z
  .strictObject({
    type: z.literal("plain_text_input"),
    ...typing,
    initial_value: z.string().max(3000).optional(),
    multiline: z.boolean().optional(),
    min_length: z.int().min(0).max(3000).optional(),
    max_length: z.int().min(1).max(3000).optional(),
  })
  .refine((input) => (input.min_length ?? 0) <= (input.max_length ?? 3000), {
    error: "min_length must not be more than max_length",
  });

const typed = [
  plainTextInput,
  z.strictObject({ type: z.literal("email_text_input"), ...typing, initial_value: z.string().optional() }),
  z.strictObject({ type: z.literal("url_text_input"), ...typing, initial_value: z.string().optional() }),
  z.strictObject({
    type: z.literal("number_input"),
    ...typing,
    is_decimal_allowed: z.boolean(),
    initial_value: z.string().optional(),
    min_value: z.string().optional(),
    max_value: z.string().optional(),
  }),
] as const;

/** What may stand beside a section's text. */
export const accessory = z.discriminatedUnion("type", [button, image, overflow, ...selects, ...pickers]);
/** What may stand in an actions block. */
export const actionElement = z.discriminatedUnion("type", [button, overflow, datetimepicker, ...selects, ...pickers]);
/** What may stand in an input block. */
export const inputElement = z.discriminatedUnion("type", [...typed, datetimepicker, ...selects, ...pickers]);
/** What may stand in a context block. */
export const contextElement = z.union([image, anyText(3000)], {
  error: "must be an image, a plain_text or a mrkdwn object of 1 to 3000 characters",
});

/** Any element a person can act on. */
export type Element = z.infer<typeof accessory> | z.infer<typeof actionElement> | z.infer<typeof inputElement>;
