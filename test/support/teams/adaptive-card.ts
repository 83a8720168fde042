import { z } from "zod";

/**
 * What we use of Adaptive Cards 1.5, as https://adaptivecards.io/explorer documents it, and nothing else: a property that is
 * misspelt or belongs to another element is refused. Microsoft's own parser, which tests ask too, lets such a property pass.
 */
const text = z.string().min(1);
const spacing = z.enum(["None", "Small", "Default", "Medium", "Large", "ExtraLarge"]).optional();
const textRun = z.strictObject({ type: z.literal("TextRun"), text, fontType: z.literal("Monospace").optional() });

const textBlock = z.strictObject({
  type: z.literal("TextBlock"),
  text,
  wrap: z.literal(true),
  weight: z.enum(["Lighter", "Default", "Bolder"]).optional(),
  size: z.enum(["Default", "Small", "Medium", "Large", "ExtraLarge"]).optional(),
  style: z.enum(["default", "heading"]).optional(),
  isSubtle: z.boolean().optional(),
  ...{ spacing, separator: z.boolean().optional() },
});
const richTextBlock = z.strictObject({ type: z.literal("RichTextBlock"), inlines: z.array(textRun).min(1) });
const factSet = z.strictObject({
  type: z.literal("FactSet"),
  facts: z.array(z.strictObject({ title: text, value: text })).min(1),
});
const container = z.strictObject({
  type: z.literal("Container"),
  style: z.enum(["default", "emphasis", "good", "attention", "warning", "accent"]),
  bleed: z.boolean(),
  items: z.array(textBlock).min(1),
});
const labelled = { id: text, label: text };
const input = { ...labelled, isRequired: z.boolean().optional(), errorMessage: text.optional() };
const inputText = z.strictObject({
  ...{ type: z.literal("Input.Text"), ...input, isMultiline: z.boolean(), maxLength: z.int(), value: z.string() },
  placeholder: z.string().optional(),
});
const choiceSet = z.strictObject({
  ...{ type: z.literal("Input.ChoiceSet"), ...input, value: z.string().optional() },
  choices: z.array(z.strictObject({ title: text, value: text })).min(1),
  style: z.enum(["compact", "expanded", "filtered"]).optional(),
});
const inputDate = z.strictObject({ type: z.literal("Input.Date"), ...labelled, value: z.iso.date().optional() });
const shown = [textBlock, richTextBlock, factSet, container, inputText, choiceSet, inputDate] as const;

const look = { title: text, style: z.enum(["default", "positive", "destructive"]).optional() };
/** A button of a card carries what is to be done and the request's id, and nothing else. */
const execute = z.strictObject({
  ...{ type: z.literal("Action.Execute"), ...look, verb: text },
  data: z.strictObject({ request: z.string() }),
});
const opens = { msteams: z.strictObject({ type: z.literal("task/fetch") }) };
const submit = z.strictObject({
  ...{ type: z.literal("Action.Submit"), ...look },
  data: z.union([
    z.strictObject({ verb: z.enum(["deny", "ask-again", "review", "ask"]), request: z.string(), ...opens }),
    z.strictObject({ verb: z.literal("form"), form: z.string(), ...opens }),
    z.strictObject({ verb: z.enum(["deny", "review"]), request: z.string() }),
    z.strictObject({ verb: z.literal("request"), form: z.string(), after: z.string().optional() }),
  ]),
});
const showCard = z.strictObject({
  ...{ type: z.literal("Action.ShowCard"), ...look },
  card: z.strictObject({ type: z.literal("AdaptiveCard"), body: z.array(textBlock), actions: z.array(execute) }),
});
const action = z.discriminatedUnion("type", [execute, submit, showCard]);
export type Action = z.output<typeof action>;

/** Buttons among what is shown; Teams shows six of a set. */
const actionSet = z.strictObject({ type: z.literal("ActionSet"), spacing, actions: z.array(action).min(1).max(6) });
export const element = z.discriminatedUnion("type", [...shown, actionSet]);
export type Element = z.output<typeof element>;

const mention = z.strictObject({
  type: z.literal("mention"),
  text: z.string().regex(/^<at>[^<>]+<\/at>$/),
  mentioned: z.strictObject({ id: text, name: text }),
});

export const adaptiveCard = z.strictObject({
  type: z.literal("AdaptiveCard"),
  $schema: z.url(),
  version: z.literal("1.5"),
  body: z.array(element).min(1),
  // Teams shows six.
  actions: z.array(action).max(6).optional(),
  msteams: z.strictObject({ width: z.literal("Full").optional(), entities: z.array(mention).optional() }).optional(),
});
export type AdaptiveCard = z.output<typeof adaptiveCard>;
