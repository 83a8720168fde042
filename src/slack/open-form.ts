import { setTimeout } from "node:timers/promises";
import type { ModalView } from "@slack/web-api";
import { asCoded } from "../errors.ts";
import type { SlackContext } from "./context.ts";
import { loadingForm, messageForm, requestForm, type FormMetadata, type FormValues } from "./request-form.ts";
import { showForm } from "./show-form.ts";

/** A trigger lives 3 s: what isn't known by now is put into the form afterwards. */
export const LOOK_UP_LIMIT_MS = 500;

/**
 * Opens the request form for a person: only what they may ask for.
 *
 * @param values - gives what should stand in it already
 * @throws `CHAT_FAILED` when Slack didn't open it
 */
export async function openForm(
  context: SlackContext,
  opening: {
    readonly account: string;
    readonly trigger: string;
    readonly metadata: FormMetadata;
    readonly values?: () => Promise<FormValues>;
  },
): Promise<void> {
  const { client, log } = context;
  const { account, trigger, metadata, values } = opening;
  const view = formFor(context, account, metadata, values);
  const inTime = await Promise.race([view, setTimeout(LOOK_UP_LIMIT_MS, undefined, { ref: false })]);
  const id = await showForm(client, trigger, inTime ?? loadingForm(metadata));
  if (inTime !== undefined || id === undefined) return;
  await client.views.update({ view_id: id, view: await view }).catch((error: unknown) => {
    log.warn("a form could not be filled", { error });
  });
}

async function formFor(
  { queries, whois, log }: SlackContext,
  account: string,
  metadata: FormMetadata,
  values?: () => Promise<FormValues>,
): Promise<ModalView> {
  try {
    const { person } = await whois(account);
    const [offers, filled] = await Promise.all([queries.offers(person ?? ""), values?.() ?? {}]);
    if (offers.length === 0) {
      return messageForm(
        "The policy lets you ask for nothing. Ask whoever keeps it to add you to a group of requesters.",
      );
    }
    return requestForm(offers, filled, metadata);
  } catch (thrown) {
    const error = asCoded(thrown);
    log.info("a form was refused", { code: error.code });
    return messageForm(`${error.message} ${error.next}`.trim());
  }
}
