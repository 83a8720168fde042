import type { KnownBlock, ModalView, PlainTextOption, StaticSelect } from "@slack/web-api";
import { z } from "zod";
import { formatDuration, parseDuration, writeDuration } from "../domain/duration.ts";
import { JUSTIFICATION_MAX } from "../domain/open-request.ts";
import type { Offer } from "../domain/policy/offers.ts";
import type { Code } from "../errors.ts";
import { plainText } from "./render-card.ts";

export const REQUEST_FORM = "request-form";
/** Slack allows 100 options in a select, or 100 groups of so many. */
const OPTIONS_MAX = 100;
const STEPS = ["5m", "10m", "15m", "30m", "1h", "2h", "4h", "8h", "1d"];

/** What the form was opened with; it travels with the form and decides nothing. */
const metadataSchema = z.object({
  channel: z.string().optional(),
  thread: z.string().optional(),
  after: z.string().optional(),
});
export type FormMetadata = z.output<typeof metadataSchema>;

/** What stands in the form so far. */
export interface FormValues {
  readonly target?: string | undefined;
  readonly role?: string | undefined;
  readonly duration?: string | undefined;
  readonly justification?: string | undefined;
}

/** The form, for someone who may ask for these. Roles follow the target, durations the role. */
export function requestForm(offers: readonly Offer[], values: FormValues, metadata: FormMetadata): ModalView {
  const targets = [...new Map(offers.map(({ target, title }) => [target, title]))];
  const target = targets.find(([name]) => name === values.target)?.[0] ?? targets[0]?.[0] ?? "";
  const roles = offers.filter((offer) => offer.target === target);
  const role = roles.find((offer) => offer.role === values.role) ?? roles[0];
  return {
    type: "modal",
    callback_id: REQUEST_FORM,
    title: plainText("Break glass", 24),
    submit: plainText("Ask", 24),
    close: plainText("Cancel", 24),
    private_metadata: JSON.stringify(metadata),
    blocks: [
      ...(metadata.after === undefined ? [] : [again(metadata.after)]),
      select(
        "target",
        "What do you need to get into?",
        targets.map(([name, title]) => option(`${title} (${name})`, name)),
        target,
        true,
      ),
      select(
        `role.${target}`,
        "As what?",
        roles.map((offer) => option(offer.roleTitle, offer.role)),
        role?.role ?? "",
        true,
      ),
      ...(role === undefined ? [] : [durationSelect(role, values.duration)]),
      {
        type: "input",
        block_id: "justification",
        label: plainText("Why?", 24),
        hint: plainText("Approvers decide by this. It stays in the record.", 100),
        element: {
          type: "plain_text_input",
          action_id: "justification",
          multiline: true,
          min_length: 1,
          max_length: JUSTIFICATION_MAX,
          placeholder: plainText("INC-42 orders stuck after failover", 150),
          ...(values.justification === undefined ? {} : { initial_value: values.justification }),
        },
      },
    ],
  };
}

/** Which request this one follows. */
function again(after: string): KnownBlock {
  return { type: "context", elements: [plainText(`Again: what you had with ${after}. It is a new request.`, 150)] };
}

/** What stands there while it isn't known yet what may be asked for. */
export function loadingForm(metadata: FormMetadata): ModalView {
  return {
    type: "modal",
    callback_id: REQUEST_FORM,
    title: plainText("Break glass", 24),
    private_metadata: JSON.stringify(metadata),
    blocks: [{ type: "section", text: plainText("Looking up what you may ask for…", 100) }],
  };
}

/** A form that can only say why there is none. */
export function messageForm(text: string): ModalView {
  return {
    type: "modal",
    title: plainText("Break glass", 24),
    blocks: [{ type: "section", text: plainText(text, 3_000) }],
  };
}

const stateSchema = z.object({
  values: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({ value: z.string().nullish(), selected_option: z.object({ value: z.string() }).nullish() }),
    ),
  ),
});

/** What stands in a form that Slack sent back. */
export function readForm(state: unknown): FormValues {
  const { values } = stateSchema.parse(state);
  const read = (field: string): string | undefined => {
    const block = Object.entries(values).find(([id]) => id === field || id.startsWith(`${field}.`))?.[1];
    const [input] = Object.values(block ?? {});
    return input?.selected_option?.value ?? input?.value ?? undefined;
  };
  return {
    target: read("target"),
    role: read("role"),
    duration: read("duration"),
    justification: read("justification"),
  };
}

/** The same, to draw the form anew: a duration that was chosen for another role gives way to the new role's default. */
export function readToRedraw(state: unknown): FormValues {
  const read = readForm(state);
  const chosenFor = durationField(read.target ?? "", read.role ?? "");
  return chosenFor in stateSchema.parse(state).values ? read : { ...read, duration: undefined };
}

export function readMetadata(text: string | undefined): FormMetadata {
  return metadataSchema.parse(JSON.parse(text === undefined || text === "" ? "{}" : text));
}

/**
 * The field that a refusal is about, as the id of a block that stands in the form; the first one where no other fits,
 * because Slack takes errors on input blocks only.
 */
export function fieldOf(code: Code, blocks: readonly { readonly type: string; readonly block_id?: string }[]): string {
  const fields: Partial<Record<Code, string>> = {
    ROLE_NOT_ALLOWED: "role",
    REQUEST_DUPLICATE: "role",
    FACTS_MISSING: "role",
    QUORUM_UNREACHABLE: "role",
    DURATION_INVALID: "duration",
    JUSTIFICATION_MISSING: "justification",
    JUSTIFICATION_TOO_LONG: "justification",
  };
  const field = fields[code] ?? "target";
  const inputs = blocks.flatMap(({ type, block_id: id }) => (type === "input" && id !== undefined ? [id] : []));
  return inputs.find((id) => id === field || id.startsWith(`${field}.`)) ?? inputs[0] ?? field;
}

function durationSelect(offer: Offer, chosen: string | undefined): KnownBlock {
  const asked = chosen === undefined ? offer.defaultMs : parseDuration(chosen);
  const initialMs = asked <= offer.maxMs ? asked : offer.maxMs;
  const steps = [...STEPS.map(parseDuration), offer.defaultMs, offer.maxMs, initialMs];
  const sorted = [...new Set(steps.filter((ms) => ms <= offer.maxMs))].sort((one, other) => one - other);
  const options = sorted.map((ms) => option(formatDuration(ms), writeDuration(ms)));
  return select(durationField(offer.target, offer.role), "For how long?", options, writeDuration(initialMs), false);
}

function durationField(target: string, role: string): string {
  return `duration.${target}.${role}`;
}

/** The block's id has the choice before it in it, so that Slack doesn't carry an old choice over to a new list. */
function select(field: string, label: string, options: PlainTextOption[], value: string, redraws: boolean): KnownBlock {
  const initial = options.find((each) => each.value === value) ?? options[0];
  return {
    type: "input",
    block_id: field,
    label: plainText(label, 100),
    dispatch_action: redraws,
    element: {
      type: "static_select",
      action_id: field.split(".")[0] ?? field,
      ...listed(options),
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
  };
}

/** A long list stands in groups, each named by what it begins and ends with. */
function listed(options: PlainTextOption[]): Pick<StaticSelect, "options" | "option_groups"> {
  if (options.length <= OPTIONS_MAX) return { options };
  const count = Math.min(Math.ceil(options.length / OPTIONS_MAX), OPTIONS_MAX);
  const groups = Array.from({ length: count }, (_, nth) => options.slice(nth * OPTIONS_MAX, (nth + 1) * OPTIONS_MAX));
  const nameOf = (each: PlainTextOption | undefined) => each?.value ?? "";
  return {
    option_groups: groups.map((group) => ({
      label: plainText(`${nameOf(group[0])} to ${nameOf(group.at(-1))}`, 75),
      options: group,
    })),
  };
}

function option(text: string, value: string): PlainTextOption {
  return { text: plainText(text, 75), value };
}
