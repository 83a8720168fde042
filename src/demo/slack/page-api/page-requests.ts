import { z } from "zod";
import { markedOption } from "../block-kit/composition.ts";

const answer = z.union([z.string(), z.number(), z.null(), z.array(z.string()), markedOption]);
const clicked = {
  action_id: z.string(),
  block_id: z.string().optional(),
  /** What was chosen or typed. A button has its own value: what is sent for it doesn't count. */
  value: answer.optional(),
  /** The option of a menu, or its value. */
  selected_option: answer.optional(),
};

/** What the demo page posts, by the last word of the path. */
export const pageRequests = {
  command: z.strictObject({ as: z.string(), channel: z.string(), text: z.string().startsWith("/") }),
  click: z.strictObject({ as: z.string(), channel: z.string(), ts: z.string(), ...clicked }),
  viewAction: z.strictObject({ as: z.string(), view_id: z.string(), ...clicked }),
  submit: z.strictObject({
    as: z.string(),
    view_id: z.string(),
    values: z.record(z.string(), z.union([answer, z.record(z.string(), answer)])).default({}),
  }),
  openHome: z.strictObject({ as: z.string() }),
  clickHome: z.strictObject({ as: z.string(), ...clicked }),
  close: z.strictObject({ as: z.string(), view_id: z.string() }),
  message: z.strictObject({
    as: z.string(),
    channel: z.string(),
    text: z.string().min(1),
    thread_ts: z.string().optional(),
  }),
} as const;

/** A click, in a message or a view, as {@link Target} wants it. */
export function targetOf(click: {
  action_id: string;
  block_id?: string | undefined;
  value?: z.infer<typeof answer> | undefined;
  selected_option?: z.infer<typeof answer> | undefined;
}): { action_id: string; block_id?: string; choose?: z.infer<typeof answer> } {
  const choose = click.selected_option ?? click.value;
  return {
    action_id: click.action_id,
    ...(click.block_id === undefined ? {} : { block_id: click.block_id }),
    ...(choose === undefined ? {} : { choose }),
  };
}
