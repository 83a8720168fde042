import { z } from "zod";
import { anyText, characters, plainText } from "./composition.ts";
import { accessory, actionElement, contextElement, inputElement } from "./elements.ts";

const named = { block_id: characters(255).optional() };

const section = z
  .strictObject({
    type: z.literal("section"),
    ...named,
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    accessory: accessory.optional(),
    expand: z.boolean().optional(),
  })
  .refine((block) => block.text !== undefined || block.fields !== undefined, {
    error: "must provide either text or fields",
  });

const header = z.strictObject({ type: z.literal("header"), ...named, text: plainText(150) });
const divider = z.strictObject({ type: z.literal("divider"), ...named });
const markdown = z.strictObject({ type: z.literal("markdown"), ...named, text: characters(12_000) });
const context = z.strictObject({
  type: z.literal("context"),
  ...named,
  elements: z.array(contextElement).min(1).max(10),
});
const actions = z.strictObject({
  type: z.literal("actions"),
  ...named,
  elements: z.array(actionElement).min(1).max(25),
});
const image = z.strictObject({
  type: z.literal("image"),
  ...named,
  image_url: z.url({ protocol: /^https?$/ }).max(3000),
  alt_text: characters(2000),
  title: plainText(2000).optional(),
});
const input = z.strictObject({
  type: z.literal("input"),
  ...named,
  label: plainText(2000),
  hint: plainText(2000).optional(),
  element: inputElement,
  optional: z.boolean().optional(),
  dispatch_action: z.boolean().optional(),
});

/** Rich text is checked only as far as its outline: nothing in Block Kit's limits speaks of what is inside. */
const richText = z.strictObject({
  type: z.literal("rich_text"),
  ...named,
  elements: z
    .array(
      z.looseObject({
        type: z.enum(["rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"]),
        elements: z.array(z.looseObject({ type: z.string() })),
      }),
    )
    .min(1),
});

/** Every block this workspace knows. A block it doesn't know is refused, as Slack refuses a type it doesn't know. */
export const block = z.discriminatedUnion("type", [
  section,
  header,
  divider,
  context,
  actions,
  image,
  input,
  markdown,
  richText,
]);

/** A block that has been checked. */
export type Block = z.infer<typeof block>;
/** An input block that has been checked. */
export type InputBlock = z.infer<typeof input>;
