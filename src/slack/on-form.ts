import type { App, ViewSubmitAction } from "@slack/bolt";
import { receiptCard } from "../cards/private-cards.ts";
import { asCoded, Refusal } from "../errors.ts";
import { within } from "../app/within.ts";
import type { Outcome } from "../app/handle.ts";
import type { SlackContext } from "./context.ts";
import { DENY_FORM, REASON } from "./deny-form.ts";
import { fieldOf, readForm, readMetadata, REQUEST_FORM, requestForm } from "./request-form.ts";
import { z } from "zod";

const ACK_LIMIT_MS = 750;
const LATE = new Error("late");

/** The two forms: asking, and denying. What is wrong is shown on the field it is about. */
export function onForm(app: App, context: SlackContext): void {
  const { handle, queries, whois, client, messenger } = context;

  app.action({ type: "block_actions", action_id: /^(target|role)$/ }, async ({ ack, body }) => {
    await ack();
    const { view, user } = body;
    if (view === undefined) return;
    const { person } = await whois(user.id);
    const form = requestForm(
      await queries.offers(person ?? ""),
      readForm(view.state),
      readMetadata(view.private_metadata),
    );
    await client.views.update({ view_id: view.id, hash: view.hash, view: form });
  });

  app.view<ViewSubmitAction>(REQUEST_FORM, async ({ ack, body, view }) => {
    const { target = "", role = "", duration, justification = "" } = readForm(view.state);
    const { thread, after } = readMetadata(view.private_metadata);
    const order = {
      type: "OpenRequest",
      target,
      role,
      duration,
      justification,
      thread,
      after,
      delivery: `slack ${view.id}`,
    } as const;
    const receipt = async ({ state }: Outcome) => {
      await messenger.post(
        { person: state.requester },
        { card: receiptCard(state) },
        { request: state.id, key: "receipt" },
      );
    };
    await submit(handle({ via: "slack", account: body.user.id }, order), ack, view.blocks, receipt);
  });

  app.view<ViewSubmitAction>(DENY_FORM, async ({ ack, body, view }) => {
    const reason = view.state.values[REASON]?.[REASON]?.value ?? "";
    const denied = handle({ via: "slack", account: body.user.id }, { type: "Deny", id: view.private_metadata, reason });
    await submit(denied, ack, view.blocks, () => Promise.resolve());
  });

  type Ack = (response?: { response_action: "errors"; errors: Record<string, string> }) => Promise<void>;

  /** A form that isn't answered in time closes; what came of it is then told in a direct message. */
  async function submit(
    work: Promise<Outcome>,
    ack: Ack,
    blocks: unknown,
    done: (outcome: Outcome) => Promise<void>,
  ): Promise<void> {
    let outcome: Outcome | undefined;
    try {
      outcome = await within(ACK_LIMIT_MS, work, () => LATE);
    } catch (thrown) {
      if (thrown !== LATE) {
        await ack({ response_action: "errors", errors: errorsOf(thrown, blocks) });
        return;
      }
    }
    await ack();
    await done(outcome ?? (await work));
  }

  function errorsOf(thrown: unknown, blocks: unknown): Record<string, string> {
    const error = asCoded(thrown);
    if (!(error instanceof Refusal)) context.log.error("a form failed", { error: thrown });
    const field = fieldOf(error.code, z.array(z.object({ block_id: z.string().optional() })).parse(blocks));
    return { [field]: `${error.message} ${error.next}`.trim() };
  }
}
