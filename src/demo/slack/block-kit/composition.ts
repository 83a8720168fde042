import { z } from "zod";

/**
 * Text of 1 to `max` characters: Slack refuses empty text everywhere it asks for a text object.
 *
 * @param max - characters, from the JSDoc of `@slack/types`
 */
export function characters(max: number) {
  return z.string().min(1).max(max);
}

/** @param max - characters */
export function plainText(max: number) {
  return z.strictObject({ type: z.literal("plain_text"), text: characters(max), emoji: z.boolean().optional() });
}

/** @param max - characters */
export function mrkdwn(max: number) {
  return z.strictObject({ type: z.literal("mrkdwn"), text: characters(max), verbatim: z.boolean().optional() });
}

/** @param max - characters */
export function anyText(max: number) {
  return z.discriminatedUnion("type", [plainText(max), mrkdwn(max)]);
}

/** A choice in a menu: text 75 characters, value 150. */
export const option = z.strictObject({
  text: plainText(75),
  value: characters(150),
  description: plainText(75).optional(),
  url: z.string().max(3000).optional(),
});

/** A choice with a tick or a radio button, which may be written in mrkdwn. */
export const markedOption = z.strictObject({
  text: anyText(75),
  value: characters(150),
  description: anyText(75).optional(),
});

/** Choices under one heading; at most 100 of them. */
export const optionGroup = z.strictObject({ label: plainText(75), options: z.array(option).min(1).max(100) });

/** The dialog that asks "are you sure?". */
export const confirmation = z.strictObject({
  title: plainText(100),
  text: anyText(300),
  confirm: plainText(30),
  deny: plainText(30),
  style: z.enum(["primary", "danger"]).optional(),
});

/** A choice as it travels in options, initial options and selections. */
export type Option = z.infer<typeof markedOption>;
