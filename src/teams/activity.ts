import { z } from "zod";

const id = z.string().min(1);
/** What isn't there may be left out or null. */
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);
const account = z.object({
  id,
  /** The Entra object id: the same for every bot and in every conversation. */
  aadObjectId: maybe(z.string().min(1)),
});

/** All that is read of what Teams sends. */
const activitySchema = z.object({
  type: z.string(),
  id: z.string().default(""),
  channelId: z.string(),
  serviceUrl: z.url(),
  from: account,
  recipient: z.object({ id }),
  conversation: z.object({ id, conversationType: maybe(z.string()), tenantId: maybe(z.string()) }),
  channelData: maybe(
    z.object({
      tenant: maybe(z.object({ id: maybe(z.string()) })),
      team: maybe(z.object({ id })),
      channel: maybe(z.object({ id })),
    }),
  ),
  text: z.string().nullish(),
  entities: z
    .array(
      z.looseObject({
        type: z.string().optional(),
        text: z.string().nullish(),
        mentioned: z.object({ id: z.string() }).optional(),
      }),
    )
    .nullish(),
  name: z.string().nullish(),
  /** Of an `installationUpdate`: `add`, `remove`. */
  action: z.string().nullish(),
  replyToId: z.string().nullish(),
  value: z.unknown().optional(),
});

export type Activity = z.output<typeof activitySchema>;

/** What a card of ours carries, a request's id for instance. Whoever sends something longer did not get it from us. */
export const nameSchema = z.string().min(1).max(100);

/** What was sent, if it has the form of an activity. */
export function readActivity(body: unknown): Activity | undefined {
  const parsed = activitySchema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

/** Every tenant that an activity names; it comes from ours only if there is one, and no other. */
export function tenantsOf({ conversation, channelData }: Activity): string[] {
  const named = [conversation.tenantId, channelData?.tenant?.id];
  return [...new Set(named.flatMap((tenant) => (tenant === undefined ? [] : [tenant.toLowerCase()])))];
}

/** A conversation without the thread in it: `19:…@thread.tacv2` of `19:…@thread.tacv2;messageid=1`. */
export function withoutThread(conversation: string): string {
  return conversation.split(";")[0] ?? conversation;
}

/** Whether it was said to the bot alone. */
export function isPersonal({ conversation }: Activity): boolean {
  return conversation.conversationType === "personal";
}

/**
 * What somebody typed to the bot: without its name, one line. Undefined when it wasn't meant: in a channel, the bot must be
 * mentioned, also when the app was given the right to hear everything.
 */
export function typedTo(activity: Activity): string | undefined {
  const ours = (activity.entities ?? []).filter(
    ({ type, mentioned }) => type === "mention" && mentioned?.id === activity.recipient.id,
  );
  if (ours.length === 0 && !isPersonal(activity)) return undefined;
  const text = ours.reduce((rest, mention) => rest.replace(mention.text ?? "", " "), activity.text ?? "");
  return unescapeText(text).replace(/\s+/gu, " ").trim();
}

/** Teams escapes these in what people type. */
function unescapeText(text: string): string {
  return text
    .replaceAll("&nbsp;", " ")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
