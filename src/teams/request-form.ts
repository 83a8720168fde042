import { z } from "zod";
import { formatDuration, parseDuration, writeDuration } from "../domain/duration.ts";
import { JUSTIFICATION_MAX } from "../domain/open-request.ts";
import type { Offer } from "../domain/policy/offers.ts";
import { nameSchema } from "./activity.ts";
import { escapeMarkdown } from "./text.ts";
import { empty, noteElement, textBlock, type AdaptiveCard, type CardElement } from "./render-card.ts";

const STEPS = ["5m", "10m", "15m", "30m", "1h", "2h", "4h", "8h", "1d"];
/** The role's own; the form can't know which role is chosen until it comes back. */
const DEFAULT_DURATION = "default";
/** A card has to stay under 25 kB: so many choices of the longest names fit. */
const CHOICES_MAX = 80;

/** What comes back with a form: what it was opened with, which decides nothing, and what was filled in. */
const submittedSchema = z.object({
  form: nameSchema,
  after: nameSchema.optional(),
  what: z.string().max(200).default(""),
  duration: nameSchema.default(DEFAULT_DURATION),
  justification: z.string().default(""),
});
export type Submitted = z.output<typeof submittedSchema>;

/** What stands in the form so far. */
export type FormValues = Partial<Submitted> & { readonly form: string };

export function readSubmitted(data: unknown): Submitted | undefined {
  const parsed = submittedSchema.safeParse(data);
  return parsed.success ? parsed.data : undefined;
}

/** Target and role, as chosen; and how long, undefined for the role's own. */
export function choiceOf({ what, duration }: Submitted): {
  target: string;
  role: string;
  duration: string | undefined;
} {
  const [target = "", role = ""] = what.split(" ");
  return { target, role, duration: duration === DEFAULT_DURATION || duration === "" ? undefined : duration };
}

/** The form, for someone who may ask for these. @param problem - why what was sent was not taken */
export function requestForm(offers: readonly Offer[], values: FormValues, problem?: string): AdaptiveCard {
  const { form, after, what, duration = DEFAULT_DURATION, justification = "" } = values;
  const shown = offers.slice(0, CHOICES_MAX);
  const chosen = shown.find((offer) => valueOf(offer) === what) ?? shown[0];
  const lengths = durations(shown, duration);
  const isOffered = lengths.some(({ value }) => value === duration);
  const body: CardElement[] = [
    ...(problem === undefined ? [] : [noteElement([problem])]),
    ...(after === undefined
      ? []
      : [textBlock(`Again: what you had with ${escapeMarkdown(after)}. It is a new request.`)]),
    {
      ...choices("what", "What do you need to get into, and as what?"),
      choices: shown.map((offer) => ({ title: titleOf(offer), value: valueOf(offer) })),
      ...(chosen === undefined ? {} : { value: valueOf(chosen) }),
      ...(shown.length > 10 ? { style: "filtered" } : {}),
    },
    ...(offers.length > shown.length
      ? [
          textBlock(
            `There is more than fits here (${offers.length}): @Breakglass list shows all; ask for it in one line.`,
          ),
        ]
      : []),
    { ...choices("duration", "For how long?"), choices: lengths, value: isOffered ? duration : DEFAULT_DURATION },
    {
      type: "Input.Text",
      id: "justification",
      label: "Why? Approvers decide by this. It stays in the record.",
      isMultiline: true,
      isRequired: true,
      errorMessage: "Say in a few words why.",
      maxLength: JUSTIFICATION_MAX,
      placeholder: "INC-42 orders stuck after failover",
      value: justification.slice(0, JUSTIFICATION_MAX),
    },
  ];
  const data = { verb: "request", form, ...(after === undefined ? {} : { after }) };
  return { ...empty, body, actions: [{ type: "Action.Submit", title: "Ask", style: "positive", data }] };
}

function choices(id: string, label: string): CardElement {
  return { type: "Input.ChoiceSet", id, label, isRequired: true, errorMessage: "Choose one." };
}

function valueOf({ target, role }: Offer): string {
  return `${target} ${role}`;
}

/** As it is asked for in one line, so that a narrow window shows what matters. */
function titleOf({ target, title, roleTitle, maxMs }: Offer): string {
  return `${target} ${roleTitle}: ${title}, at most ${formatDuration(maxMs)}`;
}

/** What no role allows is not offered; what the chosen one doesn't is refused, with what it does allow. */
function durations(offers: readonly Offer[], chosen: string): { title: string; value: string }[] {
  const most = Math.max(0, ...offers.map(({ maxMs }) => maxMs));
  const asked = chosen === DEFAULT_DURATION ? [] : [parsedOr(chosen)];
  const steps = [...STEPS.map(parseDuration), ...asked, most].filter((ms) => ms > 0 && ms <= most);
  const sorted = [...new Set(steps)].sort((one, other) => one - other);
  return [
    { title: "As long as the role gives by itself", value: DEFAULT_DURATION },
    ...sorted.map((ms) => ({ title: formatDuration(ms), value: writeDuration(ms) })),
  ];
}

/** What comes back from a form may be anything. */
function parsedOr(text: string): number {
  try {
    return parseDuration(text);
  } catch {
    return 0;
  }
}
